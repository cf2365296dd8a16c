import { join } from 'node:path';
import { runScript } from './childProcess';

test('the demo has its conversation in two processes, on both backends', async () => {
  const output = await runScript(join(__dirname, '../../../examples/demo/main.ts'), {
    execArgv: ['--import', 'tsx'],
    env: { OPENAI_API_KEY: '', NO_COLOR: '1' },
  });
  for (const backend of ['Redis', 'DynamoDB']) expect(output).toMatch(new RegExp(`^${backend} `, 'm'));
  expect(output.match(/^└ process \d+ has ended$/gm)).toHaveLength(4);
}, 120_000);
