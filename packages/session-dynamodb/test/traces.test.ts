import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SECRET = 'a secret of the conversation';

const OURS = '@agent-sessions/session-core';

interface Span {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly id: string;
  /** The id of its parent. */
  readonly parent?: string;
}

async function spansOf(...options: string[]): Promise<Span[]> {
  const script = join(__dirname, 'support/tracedProcess.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, process.env.DYNAMODB_ENDPOINT ?? '', SECRET, ...options],
    { maxBuffer: 1e8 },
  );
  return JSON.parse(stdout) as Span[];
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

const OF_SESSIONS = ['PutItem', 'Query', 'BatchWriteItem'].map((operation) => `DynamoDB.${operation}`);

test('the spans of requests are children of those of the calls, which tell the units', async () => {
  const spans = await spansOf('observed');
  const scopes = new Map(spans.map(({ id, scope }) => [id, scope]));
  const requests = spans.filter(({ name }) => OF_SESSIONS.includes(name));
  expect(requests.length).toBeGreaterThan(5);
  expect(new Set(requests.map(({ parent = '' }) => scopes.get(parent)))).toEqual(new Set([OURS]));
  const ours = spans.filter(({ scope }) => scope === OURS);
  const first = ours.find(({ name }) => name.startsWith('commit traced-'));
  expect(first?.attributes).toMatchObject({
    ...{ 'db.system.name': 'aws.dynamodb', 'db.operation.batch.size': 2 },
    'agent_sessions.commit.status': 'committed',
  });
  expect(first?.attributes['agent_sessions.write_units']).toBeGreaterThan(480);
  expect(JSON.stringify(ours)).not.toContain(SECRET);
});

test('where tracing is suppressed in the calls, no request of them is a span, nor what a hook would put there', async () => {
  const spans = await spansOf('suppressing', 'statements');
  expect(spans.filter(({ name }) => OF_SESSIONS.includes(name))).toEqual([]);
  expect(spans.filter(({ scope }) => scope === OURS).length).toBeGreaterThan(5);
  expect(spans.map(({ name }) => name)).toContain('DynamoDB.DeleteTable');
  expect(JSON.stringify(spans)).not.toContain(SECRET);
});
