/** The process that asks: `ask.ts <url> <session id> <message>`. It ends while somebody has yet to decide. */
import { Runner } from '@openai/agents';
import { connect, context, createAgent } from './support';

const [url = '', sessionId = '', message = ''] = process.argv.slice(2);
const { open, close } = await connect(url);
const session = open(sessionId);
const result = await new Runner({ tracingDisabled: true }).run(createAgent(), message, { session, context });
console.log(`${sessionId}  customer  ${message}`);
if (result.interruptions.length === 0) {
  console.log(`${sessionId}  agent     ${result.finalOutput ?? ''}`);
} else {
  await session.savePendingRun(result.state);
  console.log(`${sessionId}  agent     Somebody has to approve that.`);
}
await close();
