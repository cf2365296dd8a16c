/** Two processes that ask, and one that decides: `npm run example -- approvals`. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@agent-sessions/engines';
import { connect, runContext } from './support';

const ASK = new URL('./ask.ts', import.meta.url);
const DECIDE = new URL('./decide.ts', import.meta.url);

const engine = await startRedis();
const orders = ['17', '18'].map((order) => ({
  order,
  sessionId: `order-${order}-${randomUUID().slice(0, 4)}`,
}));
for (const { order, sessionId } of orders) {
  await inProcess(ASK, engine.url, sessionId, `Please refund my order ${order}.`);
}
await inProcess(DECIDE, engine.url, '17');

const { open, close } = await connect(engine.url);
for (const { sessionId } of orders) await open(sessionId).clearSession(runContext);
await close();
await engine.stop();

async function inProcess(script: URL, ...args: string[]): Promise<void> {
  const child = fork(fileURLToPath(script), args);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${script.pathname} has failed`);
  console.log(`  (process ${child.pid ?? 0} has ended)`);
}
