import { join } from 'node:path';
import { runCommand } from '../src/command';

test('the demo has its conversation in two processes, on both backends', async () => {
  const demo = join(__dirname, '../../../examples/demo/main.ts');
  const { stdout: output } = await runCommand([process.execPath, '--import', 'tsx', demo], {
    env: { OPENAI_API_KEY: '', NO_COLOR: '1' },
  });
  for (const backend of ['Redis', 'DynamoDB']) expect(output).toMatch(new RegExp(`^${backend} `, 'm'));
  expect(output.match(/^└ process \d+ has ended$/gm)).toHaveLength(4);
}, 120_000);
