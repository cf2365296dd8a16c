import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { format, inspect, promisify } from 'node:util';
import { startRedis } from '@agent-sessions/engines';
import { toElement, toRecord } from '../src/layout/elements';

const SECRET = 'a secret of the conversation';

interface Span {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly id: string;
  /** The id of its parent. */
  readonly parent?: string;
}

interface Traced {
  readonly spans: readonly Span[];
  readonly events: readonly string[];
  readonly replies: readonly (readonly string[])[];
}

const OURS = '@agent-sessions/session-core';
const DRIVERS = ['redis', 'ioredis'].map((name) => `@opentelemetry/instrumentation-${name}`);

async function traced(kind: string): Promise<Traced> {
  const server = await startRedis({});
  const script = join(__dirname, 'support/tracedProcess.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, `${server.port}`, SECRET, kind],
    { maxBuffer: 1e8 },
  );
  await server.stop();
  return JSON.parse(stdout) as Traced;
}

const WHERE =
  'a span of the instrumentations of redis and ioredis, or in a command of the channels of node-redis and ioredis';

test.each(['plain', 'encrypted'])(`of %s sessions, no item's content is in ${WHERE}`, async (kind) => {
  const { spans, events, replies } = await traced(kind);
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
  const isCommand = (text: string, start: string, client: string): boolean =>
    text.startsWith(start) && text.includes(`traced:{${client}}:items`) && text.endsWith(' ?');
  for (const start of ['EVALSHA', 'EVAL ']) {
    expect(statements.some((text) => isCommand(text, start, 'plain'))).toBe(true);
    expect(statements.some((text) => isCommand(text, start.toLowerCase(), 'ioredis5'))).toBe(true);
  }
});

test('the spans of the drivers are children of those of the calls', async () => {
  const { spans } = await traced('observed');
  const scopes = new Map(spans.map(({ id, scope }) => [id, scope]));
  const ofSessions = spans.filter((span) => DRIVERS.includes(span.scope) && isOfSession(span));
  expect(new Set(ofSessions.map(({ scope }) => scope))).toEqual(new Set(DRIVERS));
  expect(new Set(ofSessions.map(({ parent = '' }) => scopes.get(parent)))).toEqual(new Set([OURS]));
  const ours = spans.filter(({ scope }) => scope === OURS);
  expect(new Set(ours.map(({ name }) => name))).toEqual(
    new Set(['read traced', 'commit traced', 'clear traced', 'describe traced']),
  );
  const told = JSON.stringify(ours.map(({ attributes, name }) => [name, attributes]));
  expect(/a secret|ada|plain/.test(told)).toBe(false);
});

test('where tracing is suppressed in the calls, the drivers make no spans of them', async () => {
  const { spans } = await traced('suppressing');
  expect(spans.filter(({ scope }) => scope === OURS).length).toBeGreaterThan(20);
  expect(spans.filter((span) => span.scope !== OURS && isOfSession(span))).toEqual([]);
  expect(spans.some(({ scope }) => DRIVERS.includes(scope))).toBe(true);
});

/** Whether the command has a key of a session. */
function isOfSession({ attributes }: Span): boolean {
  return JSON.stringify(attributes).includes('traced:{');
}

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
