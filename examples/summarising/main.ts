/** A conversation that is summarised while it goes on: `npm run example -- summarising`. */
import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisSession } from '@agent-sessions/session-redis';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, modelResponder, ScriptedModel } from '@openai/agents-core/testing';
import { createClient } from 'redis';
import { createAgent, usesRealModel } from '../demo/agent';
import { describeItems } from '../demo/items';
import { textOf } from '../itemText';
import { Summariser } from './summariser';

const engine = await startRedis();
const client = await createClient({ url: engine.url }).connect();
const open = (sessionId: string) =>
  new RedisSession({ client, keyPrefix: 'agent-sessions-summarising', sessionId, ttlSeconds: 3_600 });

/** Without a key: a model whose summary is what the user said. */
const scripted = new ScriptedModel([
  modelResponder(({ request: { input } }) => {
    const items = typeof input === 'string' ? [] : input;
    const said = items.filter((item) => 'role' in item && item.role === 'user').map(textOf);
    return [assistantMessage(`the user said: ${said.join(' ')}`)];
  }),
]);
const runner = new Runner({ tracingDisabled: true });
const summariser = new Summariser(
  open,
  runner,
  new Agent({
    name: 'Summariser',
    instructions:
      'Summarise this conversation for whoever goes on with it: facts, decisions, open questions.',
    ...(usesRealModel ? {} : { model: scripted }),
  }),
);

const agent = createAgent();
const sessionId = randomUUID();
for (const message of [
  "Hi, I'm Mira. I'm going to Lisbon on Friday.",
  'Do I need an umbrella there?',
  'Then I pack an umbrella.',
  'Do I need an umbrella there, really?',
]) {
  const { finalOutput = '' } = await runner.run(agent, message, { session: open(sessionId) });
  console.log(`Mira   ${message}\nagent  ${finalOutput}`);
  summariser.afterTurn(sessionId, (error) => console.error('Not summarised this time:', error));
}
await summariser.settled();

const question = 'Where was I going, what will the weather be, and what do I pack?';
const { finalOutput = '' } = await runner.run(agent, question, { session: open(sessionId) });
console.log(`Mira   ${question}\nagent  ${finalOutput}\n`);
for (const line of describeItems(await open(sessionId).getItems())) console.log(line);
await open(sessionId).clearSession();
await client.close();
await engine.stop();
