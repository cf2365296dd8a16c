import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamoDB, startRedis } from '../src';

/** Starts an engine, says its process id and directory, and then idles or forgets it. */
async function main(): Promise<void> {
  const [engineName, afterwards] = process.argv.slice(2);
  const before = new Set(readdirSync(tmpdir()));
  const { pid } = await (engineName === 'redis' ? startRedis({}) : startDynamoDB({}));
  const dir = readdirSync(tmpdir()).find((name) => name.startsWith('agent-sessions-') && !before.has(name));
  console.log(JSON.stringify({ pid, dir: join(tmpdir(), dir ?? '') }));
  if (afterwards === 'idle') setInterval(() => undefined, 1_000);
}

void main();
