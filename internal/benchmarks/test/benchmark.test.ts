import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TYPESCRIPT } from '@agent-sessions/engines';

test('runs on both engines, and nobody but those who overwrite loses items', async () => {
  const program = [...TYPESCRIPT.execArgv, join(__dirname, '../src/main.ts'), 'two-writers', '--quick'];
  const { stdout } = await promisify(execFile)(process.execPath, program, {
    env: { ...process.env, ...TYPESCRIPT.env },
  });
  expect(stdout).toMatch(/^ *RedisSession +40 of 40$/m);
  expect(stdout).toMatch(/^ *RedisSession \(ioredis\) +40 of 40$/m);
  expect(stdout).toMatch(/^ *DynamoDBSession +40 of 40$/m);
  expect(stdout.match(/^ *LangChain +40 of 40$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^The machine was /m);
});
