import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
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
