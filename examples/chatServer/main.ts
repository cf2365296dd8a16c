/** `npm run chat [redis|dynamodb]`: an engine, unless REDIS_URL or DYNAMODB_ENDPOINT names one, and the server beside it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startDynamoDB, startRedis } from '@agent-sessions/engines';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

async function main(backend: string): Promise<void> {
  const { address, stop } = await startEngine(backend);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const model =
    (process.env.OPENAI_API_KEY ?? '') === '' ? 'scripted; OPENAI_API_KEY brings a real one' : "OpenAI's";
  console.log(`\nA chat on ${backend}. The model is ${model}.`);
  console.log(
    'Kill the server as often as you like (kill -9 and its process): it is started again. Ctrl+C ends it.\n',
  );
  try {
    while (!stopping.signal.aborted) {
      const server = fork(SERVER, [backend, address, process.env.PORT ?? '3000']);
      const end = (): boolean => server.kill();
      stopping.signal.addEventListener('abort', end);
      const [code] = (await once(server, 'exit')) as [number | null];
      stopping.signal.removeEventListener('abort', end);
      // One that ends by itself has said why, and would do so again.
      if (code !== null) {
        process.exitCode = code;
        return;
      }
    }
  } finally {
    await stop();
  }
}

async function startEngine(backend: string): Promise<{ address: string; stop: () => Promise<void> }> {
  if (backend === 'redis') {
    const { url, stop } = await startRedis();
    return { address: url, stop };
  }
  if (backend === 'dynamodb') {
    const { endpoint, stop } = await startDynamoDB();
    return { address: endpoint, stop };
  }
  throw new Error(`redis or dynamodb, not ${backend}`);
}

const [backend = 'redis'] = process.argv.slice(2);
await main(backend);
