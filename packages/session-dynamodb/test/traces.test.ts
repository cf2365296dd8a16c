import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SECRET = 'a secret of the conversation';

async function spansOf(...options: string[]): Promise<{ readonly name: string }[]> {
  const script = join(__dirname, 'support/tracedProcess.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, process.env.DYNAMODB_ENDPOINT ?? '', SECRET, ...options],
    { maxBuffer: 1e8 },
  );
  return JSON.parse(stdout) as { name: string }[];
}

test.each([
  ['plain', []],
  ['encrypted', ['encrypted', 'statements']],
])(
  "of %s sessions, no item's content is in a span of the AWS SDK’s instrumentation",
  async (_what, options) => {
    const spans = await spansOf(...options);
    const names = new Set(spans.map(({ name }) => name));
    for (const operation of ['PutItem', 'Query', 'BatchWriteItem'])
      expect(names).toContain(`DynamoDB.${operation}`);
    expect(JSON.stringify(spans)).not.toContain(SECRET);
  },
);

test('what is asked for by a serializer of statements shows it, so the test looks in the right place', async () => {
  expect(JSON.stringify(await spansOf('statements'))).toContain(SECRET);
});
