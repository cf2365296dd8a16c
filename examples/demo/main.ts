import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startDynamoDB, startRedis } from '@agent-sessions/engines';
import { usesRealModel } from './agent';
import type { Backend } from './sessions';
import { bold, dim, red } from './terminal';

const CONVERSATION = fileURLToPath(new URL('./conversation.ts', import.meta.url));

const REAL_MODEL = "The model is OpenAI's, by OPENAI_API_KEY.";
const SCRIPTED_MODEL =
  'The model is scripted: it says again what it finds in its input. OPENAI_API_KEY brings a real one.';

// On Node 20, the AWS SDK prints in the midst of the conversation that a later version of it will need Node 22.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** One conversation in two processes, on Redis and then on DynamoDB. */
async function main(): Promise<void> {
  console.log(`\n${bold('One conversation, two processes')}`);
  console.log(dim(usesRealModel ? REAL_MODEL : SCRIPTED_MODEL));
  const problems = [
    await show('Redis', 'redis', async () => {
      const { url, stop } = await startRedis();
      return { address: url, stop };
    }),
    await show('DynamoDB', 'dynamodb', async () => {
      const { endpoint, stop } = await startDynamoDB();
      return { address: endpoint, stop };
    }),
  ].filter((problem) => problem !== undefined);
  for (const problem of problems) console.log(`\n${red(problem)}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

interface Engine {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Has the conversation on one backend. Returns what went wrong. */
async function show(
  name: string,
  backend: Backend,
  start: () => Promise<Engine>,
): Promise<string | undefined> {
  let engine: Engine;
  try {
    engine = await start();
  } catch (error) {
    return `${name} is not shown: ${(error as Error).message}`;
  }
  const { protocol, host } = new URL(engine.address);
  console.log(`\n${bold(name)} ${dim(`${protocol}//${host}`)}`);
  try {
    return (await converse(backend, engine.address)) ? undefined : `The conversation on ${name} failed.`;
  } finally {
    await engine.stop();
  }
}

/** The two processes share nothing but the session id and the address of the database. */
async function converse(backend: Backend, address: string): Promise<boolean> {
  const sessionId = `trip-${randomUUID().slice(0, 8)}`;
  for (const part of ['first', 'second']) {
    const child = fork(CONVERSATION, [part, backend, address, sessionId]);
    const [code] = (await once(child, 'exit')) as [number | null];
    console.log(dim(`└ process ${child.pid ?? 0} has ended`));
    if (code !== 0) return false;
  }
  return true;
}

await main();
