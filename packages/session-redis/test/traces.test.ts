import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { format, inspect, promisify } from 'node:util';
import { startRedis } from '@agent-sessions/engines';
import { toElement, toRecord } from '../src/layout/elements';

const SECRET = 'a secret of the conversation';

interface Traced {
  readonly spans: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly events: readonly string[];
  readonly replies: readonly (readonly string[])[];
}

const WHERE =
  'a span of the instrumentation of redis, or in a command of the channels of node-redis and ioredis';

test.each(['plain', 'encrypted'])(`of %s sessions, no item's content is in ${WHERE}`, async (kind) => {
  const server = await startRedis({});
  const script = join(__dirname, 'support/tracedProcess.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, `${server.port}`, SECRET, kind],
    { maxBuffer: 1e8 },
  );
  await server.stop();
  const { spans, events, replies } = JSON.parse(stdout) as Traced;
  const shown = (parts: readonly unknown[]): string[] =>
    parts.map((part) => JSON.stringify(part)).filter((text) => text.includes(SECRET));

  // That it looks in the right place: a script that is given content as text.
  const isPlain = (text: string): boolean =>
    text.includes(`plain ${SECRET}`) && text.includes('return ARGV[1]');
  for (const parts of [spans, events, replies]) {
    expect(shown(parts).length).toBeGreaterThan(0);
    expect(shown(parts).filter((text) => !isPlain(text))).toEqual([]);
  }
  // ioredis's channels name the commands in lower case.
  for (const start of ["'evalsha'", "'eval'"]) {
    expect(events.some((text) => text.includes(start) && text.includes('traced:{ioredis}:items'))).toBe(true);
  }
  // And that the session's commands are there, with the scripts' other arguments.
  const statements = spans.map(({ attributes }) =>
    String(attributes['db.query.text'] ?? attributes['db.statement']),
  );
  for (const start of ['EVALSHA', 'EVAL ']) {
    expect(
      statements.some(
        (text) => text.startsWith(start) && text.includes('traced:{plain}:items') && text.endsWith(' ?'),
      ),
    ).toBe(true);
  }
});

test.each<[string, string | Uint8Array]>([
  ['text', `{"text":"${SECRET}"}`],
  ['bytes', new TextEncoder().encode(SECRET)],
])('%s on its way to the client turns into no text by itself, and arrives', (_what, record) => {
  const element = toElement(record, Date.now());
  const texts = [
    String(element),
    `${element.toString('latin1')}${element.toString('hex')}`,
    [element].join(' '),
    JSON.stringify({ element }),
    inspect({ element }, { showHidden: true }),
    format('%s %o %j', element, element, element),
    element.toLocaleString(),
  ];
  for (const text of texts) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(Buffer.from(SECRET).toString('hex').slice(0, 20));
    expect(text.length).toBeLessThan(100);
  }
  expect(Buffer.isBuffer(element)).toBe(true);
  expect(toRecord(Buffer.from(element))).toEqual(record);
});
