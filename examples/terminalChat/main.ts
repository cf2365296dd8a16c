/** A chat in the terminal: `npm run example -- terminalChat [session id]`. */
import { createInterface } from 'node:readline';
import { startRedis } from '@agent-sessions/engines';
import { RedisSession } from '@agent-sessions/session-redis';
import { Runner, type Session } from '@openai/agents';
import { createAgent } from '../demo/agent';
import { cyan, dim, magenta } from '../demo/terminal';
import { textOf } from '../itemText';

const [sessionId = 'terminal'] = process.argv.slice(2);
const engine = await startRedis();
const session = await RedisSession.fromUrl(engine.url, {
  sessionId,
  keyPrefix: 'agent-sessions-terminal',
  ttlSeconds: 30 * 24 * 3_600,
});
const runner = new Runner({ tracingDisabled: true });
const agent = createAgent();

await greet(session);
const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: cyan('you    ') });
lines.prompt();
for await (const line of lines) {
  if (line.trim() !== '') await answer(line);
  lines.prompt();
}
console.log();
await session.close();
await engine.stop();

/** Prints the words as they come. What was said is stored once the answer is complete. */
async function answer(message: string): Promise<void> {
  process.stdout.write(magenta('agent  '));
  const stream = await runner.run(agent, message, { session, stream: true });
  for await (const text of stream.toTextStream()) process.stdout.write(text);
  await stream.completed;
  process.stdout.write('\n');
}

/** Where the conversation stands, if there is one. */
async function greet(session: Session): Promise<void> {
  const said = (await session.getItems(4)).filter((item) => 'role' in item);
  console.log(dim(`${sessionId}, at ${new URL(engine.url).host}. Ctrl+D ends it.`));
  for (const item of said) console.log(dim(`${item.role.padEnd(9)}  ${textOf(item)}`));
}
