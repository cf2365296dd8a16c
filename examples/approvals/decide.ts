/** The process that decides, hours later and elsewhere: `decide.ts <url> <order that is refunded>`. */
import { SessionError } from '@agent-sessions/session-redis';
import { Runner, RunState } from '@openai/agents';
import { argumentsOf, connect, createAgent, runContext, type Context } from './support';

type SupportAgent = ReturnType<typeof createAgent>;

const [url = '', approved = ''] = process.argv.slice(2);
const { open, close } = await connect(url);
const agent = createAgent();
const runner = new Runner({ tracingDisabled: true });

// Of all sessions of the tenant, whichever is asked.
for (const { id, sessionId, approvals, status } of await open('approver').pendingRuns(runContext)) {
  const session = open(sessionId);
  if (status === 'outdated') {
    await session.deletePendingRun(id, runContext);
    continue;
  }
  const items = await session.getItems(undefined, runContext);
  const decisions = approvals.map(({ callId, toolName }) => {
    const what = argumentsOf(items, callId);
    const approve = what.includes(`"${approved}"`);
    console.log(`${sessionId}  approver  ${toolName} ${what}: ${approve ? 'yes' : 'no'}`);
    return approve ? { callId, approve } : { callId, approve, message: 'rejected by the approver' };
  });
  try {
    await session.decidePendingRun(id, decisions, runContext);
    await goOn(sessionId, id);
  } catch (error) {
    // Somebody else has decided otherwise, or the conversation has gone on.
    if (!SessionError.is(error, 'CONFLICT')) throw error;
    console.log(`${sessionId}  approver  too late`);
  }
}
await close();

/** In the place of the process that asked. Of several, one is given the run. */
async function goOn(sessionId: string, id: string): Promise<void> {
  const restore = (text: string) => RunState.fromString<Context, SupportAgent>(agent, text);
  const taken = await open(sessionId).takePendingRun(id, { restore }, runContext);
  if (taken === undefined) return;
  const { state, session } = taken;
  const result = await runner.run(agent, state, { session });
  if (result.interruptions.length > 0) await session.savePendingRun(result.state);
  else await taken.finish();
  console.log(`${sessionId}  agent     ${result.finalOutput ?? ''}`);
}
