/**
 * A process that carries out one step as an engine for durable execution does, and kills itself at one of its writes, before
 * the write arrives or before its answer does: `replayedStep.ts <backend> <place> <session id> <what> <journal> <at> <loss>`. With
 * `at` 0, it comes to its end and prints what the model was given at each call.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, type SessionInputCallback } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { openBackend, type BackendName } from '../../src/backends';
import { guardedAgent, runGuarded } from './guardrails';
import { withLosses, type Loss } from './losses';
import { inputsOf, RUNS, weather } from './runs';

export type Step = 'three runs' | 'two blocked runs';

async function main(): Promise<void> {
  const [name, place, sessionId, what, journal, at, loss] = process.argv.slice(2) as [
    BackendName,
    string,
    string,
    Step,
    string,
    string,
    Loss,
  ];
  const backend = await openBackend(name, place);
  const opened = backend.session({ sessionId, replayId: 'the step', concurrentWrites: 'reject' });
  const session = withLosses(opened, (kind, write) => {
    if (kind === loss && write === Number(at)) process.kill(process.pid, 'SIGKILL');
  });

  if (what === 'two blocked runs') {
    await runGuarded(guardedAgent('the model, after a tool'), 'Pay Ann', session, 'whole');
    await runGuarded(guardedAgent('the model, after a tool'), 'Pay Ann', session, 'streamed');
  } else {
    const model = new ScriptedModel([
      [functionCall('weather', { city: 'Rome' }, { callId: 'c1' })],
      [functionCall('weather', { city: 'Oslo' }, { callId: 'c2' })],
      [assistantMessage('Shall I tell you more?')],
      [assistantMessage('It rains.')],
      [assistantMessage('It rains.')],
    ]);
    const agent = new Agent({ name: 'Agent', model, tools: [weather] });
    for (const [index, input] of ['Is it raining?', 'yes', 'yes'].entries()) {
      const sessionInputCallback: SessionInputCallback = (history, items) => [
        ...history.slice(
          0,
          recorded(journal, index, () => history.length),
        ),
        ...items,
      ];
      await RUNS[index === 1 ? 'streamed' : 'whole'](agent, input, { session, sessionInputCallback });
    }
    process.stdout.write(JSON.stringify(inputsOf(model)));
  }
  await backend.close();
}

/** What an engine does with the result of a part: it is worked out once, and told again whenever the step is replayed. */
function recorded(journal: string, part: number, work: () => number): number {
  const results = existsSync(journal) ? (JSON.parse(readFileSync(journal, 'utf8')) as number[]) : [];
  const known = results[part];
  if (known !== undefined) return known;
  const result = work();
  writeFileSync(journal, JSON.stringify([...results, result]));
  return result;
}

void main();
