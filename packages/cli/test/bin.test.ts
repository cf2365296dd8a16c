import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { encryptWith } from '@agent-sessions/session-core/encryption';
import { RedisSession } from '@agent-sessions/session-redis';
import { createClient } from 'redis';

/** The command as it is built and started, in a process of its own. */
const MAIN = join(__dirname, '../dist/main.mjs');
const ENCRYPTION = join(__dirname, '../../session-core/dist/encryption.mjs');
const url = process.env['REDIS_URL'] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-cli-'));
const keyPrefix = `bin-${randomUUID()}`;
const redis = createClient({ url });

beforeAll(() => redis.connect());
afterAll(async () => {
  const keys = await redis.keys(`${keyPrefix}*`);
  if (keys.length > 0) await redis.del(keys);
  await redis.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an encrypted session is shown with a module that has its keys, and told to be one without', async () => {
  const file = join(folder, 'encryption.mjs');
  writeFileSync(
    file,
    `import { encryptWith } from ${JSON.stringify(pathToFileURL(ENCRYPTION).href)};
     const digestKey = new Uint8Array(32).fill(2);
     export default encryptWith({ keys: [new Uint8Array(32).fill(1)], digestKey });`,
  );
  const encryption = encryptWith({
    keys: [new Uint8Array(32).fill(1)],
    digestKey: new Uint8Array(32).fill(2),
  });
  const session = new RedisSession({ client: redis, keyPrefix, sessionId: 's', encryption });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const args = [MAIN, 'show', 's', '--redis', url, '--prefix', keyPrefix];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--encryption', file]);
  expect(stdout).toBe('user\n  Hello\n\n');
  const failure: unknown = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 1, stdout: '' });
});

test('a copy whose process is killed, again and again, goes on where it was: all is there once', async () => {
  const [from, to] = [`${keyPrefix}-from`, `${keyPrefix}-to`];
  const ids = Array.from({ length: 40 }, () => randomUUID());
  const items = [1, 2, 3].map((n) => ({ role: 'user' as const, content: `item ${n}` }));
  const open = (prefix: string, sessionId: string) =>
    new RedisSession({ client: redis, keyPrefix: prefix, sessionId });
  for (const sessionId of ids) await open(from, sessionId).addItems(items);
  const place = ['--redis', url, '--prefix', from, '--to-redis', url, '--to-prefix', to];
  const args = [MAIN, 'copy', ...ids, ...place];
  const stored = async () => (await redis.keys(`${to}*`)).length;

  let kills = 0;
  for (let code: unknown; code !== 0;) {
    const before = await stored();
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const exit = once(child, 'exit');
    while (child.exitCode === null && (await stored()) < before + 10);
    kills += Number(child.exitCode === null && child.kill('SIGKILL'));
    code = ((await exit) as unknown[])[0];
  }
  expect(kills).toBeGreaterThan(2);
  for (const sessionId of ids) expect(await open(to, sessionId).getItems()).toEqual(items);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toBe('40 sessions of 120 items\n');
});
