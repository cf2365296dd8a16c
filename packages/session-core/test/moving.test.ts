import { createHash } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, StoredSession } from '../src';
import { exportSession, importSession } from '../src/moving';
import type { CommitResult, HistoryChange, SessionStore } from '../src/store';
import { anyStorable, expectCode, isSame, itemWith, message, recording, textOf } from './support';

const SECRET = 'the secret of an item';

async function exported(session: StoredSession): Promise<string> {
  let text = '';
  for await (const line of exportSession(session)) text += line;
  return text;
}

async function sessionOf(...items: AgentInputItem[]): Promise<StoredSession> {
  const session = new StoredSession(new MemoryStore(), { sessionId: 'source' });
  await session.addItems(items);
  return session;
}

/** Cuts bytes at these places, each modulo what is left. */
function* cut(bytes: Uint8Array, places: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (const place of places) {
    const end = start + (place % (bytes.length - start + 1));
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

test('any items come back exactly, wherever the text is cut, and are exported as the same text again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStorable, { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 8 }),
      async (values, places) => {
        const source = await sessionOf(...values.map(itemWith));
        const text = await exported(source);
        const target = new StoredSession(new MemoryStore(), { sessionId: 'source' });
        const header = await importSession(target, cut(new TextEncoder().encode(text), places));
        expect(header).toMatchObject({ sessionId: 'source', items: values.length });
        expect(isSame(await target.getItems(), await source.getItems())).toBe(true);
        expect(await exported(target)).toBe(text);
      },
    ),
  );
});

test('the format: a header, then an item a line, whose digest common tools show', async () => {
  const text = await exported(await sessionOf(message('a'), itemWith(new Uint8Array([1, 2]))));
  const [header, ...lines] = text.split('\n');
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex');
  expect(JSON.parse(String(header))).toEqual({
    format: 'agent-sessions',
    version: 1,
    sessionId: 'source',
    items: 2,
    digest,
  });
  expect(lines).toEqual([
    '{"role":"user","content":"a"}',
    '{"role":"user","content":"a","providerData":{"value":{"$bytes":"AQI="}}}',
    '',
  ]);
});

describe('what is no whole export', () => {
  const refused = async (text: string | Uint8Array, code: SessionError['code'] = 'INVALID_ARGUMENT') => {
    const { store, requests } = recording(new MemoryStore());
    const error = await expectCode(code, () => importSession(new StoredSession(store), [text]));
    expect(requests).toEqual([]);
    expect(textOf(error)).not.toContain(SECRET);
    return error;
  };

  test('cut short anywhere, it changes nothing', async () => {
    const text = await exported(await sessionOf(message(SECRET), message('b'), message('c')));
    // all but the last line feed, which may be missing
    for (let end = 0; end < text.length - 1; end++) await refused(text.slice(0, end));
    const session = new StoredSession(new MemoryStore());
    await importSession(session, [text.slice(0, -1)]);
    expect(await session.getItems()).toHaveLength(3);
  });

  test('with a bit changed anywhere behind what is not covered, it changes nothing', async () => {
    const text = await exported(await sessionOf(message(SECRET), message('b')));
    const { items: count } = JSON.parse(text.split('\n', 1)[0] ?? '') as { items: number };
    expect(count).toBe(2);
    const start = text.indexOf('\n') + 1;
    const bytes = new TextEncoder().encode(text);
    for (let place = start; place < bytes.length - 1; place++) {
      const damaged = bytes.slice();
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      await refused(damaged);
    }
  });

  test.each<[string, (text: string) => string]>([
    ['with a line twice', (text) => text + String(text.split('\n')[1])],
    ['with lines in another order', (text) => text.replace(/\n(.*)\n(.*)\n$/, '\n$2\n$1\n')],
    ['with the items of another export', (text) => text.replace('"b"', '"B"')],
    ['with something else behind', (text) => `${text}x`],
    ['that is a list of items', () => `[${JSON.stringify(message(SECRET))}]`],
    ['that is empty', () => ''],
    ['with a negative number of items', (text) => text.replace('"items":2', '"items":-2')],
    ['without a digest', (text) => text.replace('"digest"', '"d"')],
  ])('one %s', async (_what, change) => {
    await refused(change(await exported(await sessionOf(message(SECRET), message('b')))));
  });

  test('an item that is no item: its line', async () => {
    const text = await exported(await sessionOf(message('a'), message('b')));
    const error = await refused(text.replace('{"role":"user","content":"b"}', `"${SECRET}"`));
    expect(error.message).toBe('line 3 is no item');
  });

  test('one of a later version: UNSUPPORTED_FORMAT', async () => {
    const text = await exported(await sessionOf(message('a')));
    await refused(text.replace('"version":1', '"version":2'), 'UNSUPPORTED_FORMAT');
  });
});

test('what an editor on Windows makes of it is the same', async () => {
  const text = await exported(await sessionOf(message('a'), message('ä')));
  const session = new StoredSession(new MemoryStore());
  await importSession(session, [`\ufeff${text.replaceAll('\n', '\r\n')}`]);
  expect(await session.getItems()).toEqual([message('a'), message('ä')]);
});

test('into a session that holds something: CONFLICT, and nothing changed; twice: once', async () => {
  const items = [message('a'), message('b')];
  const session = await sessionOf(message('there'));
  await expectCode('CONFLICT', () => session.importItems(items));
  await expectCode('CONFLICT', () => session.importItems([]));
  expect(await session.getItems()).toEqual([message('there')]);
  await session.clearSession();
  await session.importItems([]);
  await session.importItems(items);
  await session.addItems([message('c')]);
  await session.importItems(items);
  expect(await session.getItems()).toEqual([...items, message('c')]);
  await expectCode('CONFLICT', () => session.importItems([message('a')]));
});

test('a session that another one writes to at the same moment: one of them is refused', async () => {
  const store = new MemoryStore();
  const [one, other] = [0, 1].map(() => new StoredSession(store, { sessionId: 's' }));
  const results = await Promise.allSettled([
    one?.importItems([message('a')]),
    other?.importItems([message('b')]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await one?.getItems()).toEqual([message('a')]);
});

describe('more than one commit takes', () => {
  const ITEMS = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => message(letter.repeat(1_900_000)));

  /** Takes 5 million characters at once; the fault comes with the n-th commit that is sent, before or after it is made. */
  function limited(
    memory: SessionStore,
    fault?: { readonly at: number; readonly isMade: boolean },
  ): SessionStore {
    let commits = 0;
    const commit = async (sessionId: string, change: HistoryChange): Promise<CommitResult> => {
      const characters = change.append.reduce((sum, { length }) => sum + length, 0);
      if (characters > 5_000_000) throw new SessionError('COMMIT_TOO_LARGE', 'too many');
      const isFault = ++commits === fault?.at;
      if (isFault && !fault.isMade) throw new SessionError('TIMEOUT', 'no answer');
      const result = await memory.commit(sessionId, change);
      if (isFault) throw new SessionError('TIMEOUT', 'no answer');
      return result;
    };
    return { read: memory.read.bind(memory), commit, clear: memory.clear.bind(memory) };
  }

  /** As texts, because jest shows megabytes slowly. */
  const expectItems = async (session: StoredSession, items: readonly AgentInputItem[]): Promise<void> => {
    expect(JSON.stringify(await session.getItems())).toBe(JSON.stringify(items));
  };

  test.each([1, 2, 3].flatMap((at) => [true, false].map((isMade) => ({ at, isMade }))))(
    'without an answer to commit %j, called again it goes on, and all is there once',
    async (fault) => {
      const memory = new MemoryStore();
      const failing = new StoredSession(limited(memory, fault), { sessionId: 's' });
      const { message: said } = await expectCode('TIMEOUT', () => failing.importItems(ITEMS));
      const start = [0, 2, 4][fault.at - 1] ?? 0;
      if (start > 0) expect(said).toContain(`of 6 items, the first ${start} are in`);
      const session = new StoredSession(limited(memory), { sessionId: 's' });
      await session.importItems(ITEMS);
      await expectItems(session, ITEMS);
      await session.addItems([message('more')]);
      await new StoredSession(limited(memory), { sessionId: 's' }).importItems(ITEMS);
      await expectItems(session, [...ITEMS, message('more')]);
    },
  );

  test('where somebody else writes meanwhile: CONFLICT, and what is there stays', async () => {
    const memory = new MemoryStore();
    const failing = new StoredSession(limited(memory, { at: 2, isMade: false }), { sessionId: 's' });
    await expectCode('TIMEOUT', () => failing.importItems(ITEMS));
    const session = new StoredSession(limited(memory), { sessionId: 's' });
    await session.addItems([message('other')]);
    await expectCode('CONFLICT', () => session.importItems(ITEMS));
    await expectItems(session, [...ITEMS.slice(0, 2), message('other')]);
  });

  test('one item that is too large by itself: COMMIT_TOO_LARGE', async () => {
    const memory = new MemoryStore();
    const commit = (): Promise<CommitResult> =>
      Promise.reject(new SessionError('COMMIT_TOO_LARGE', 'too large'));
    const session = new StoredSession(Object.assign(memory, { commit }));
    await expectCode('COMMIT_TOO_LARGE', () => session.importItems([message('a')]));
  });
});
