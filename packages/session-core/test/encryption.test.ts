import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { AgentInputItem, RunContext } from '@openai/agents';
import {
  HistoryCache,
  MemoryStore,
  SessionError,
  StoredSession,
  type SessionErrorCode,
  type SessionOptions,
} from '../src';
import { encryptWith, keyTag, type StaticEncryptionOptions } from '../src/encryption';
import { copiesIn } from '../src/encryption/cipher';
import type { HistoryOperation, StoredRecord } from '../src/store';
import { newRun } from '../src/testing/newRun';
import { expectCode, message, recording, textOf } from './support';

const SECRET = 'a secret of the conversation';
const [OLD, NEW, STRANGE, DIGEST] = [randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)];
const [A, B, C] = [message(`${SECRET} a`), message(`${SECRET} b`), message(`${SECRET} c`)];
const CALL = { type: 'function_call', callId: 'c1', name: 'pay', arguments: SECRET } as const;

const encryption = (options: Partial<StaticEncryptionOptions> = {}) =>
  encryptWith({ keys: [OLD], digestKey: DIGEST, ...options });

const ours = encryption();

const open = (store: MemoryStore, options: SessionOptions = {}): StoredSession =>
  new StoredSession(store, { sessionId: 's', encryption: ours, ...options });

async function put(store: MemoryStore, id: string, ...append: StoredRecord[]): Promise<void> {
  await store.commit(id, { idempotencyKey: `${Math.random()}`.slice(2), append });
}

const recordsOf = async (store: MemoryStore, id = 's'): Promise<readonly StoredRecord[]> =>
  (await store.read(id)).records;

/** The records of items as some session would store them. */
async function encryptedFor(items: AgentInputItem[], options: SessionOptions = {}, context?: RunContext) {
  const store = new MemoryStore();
  const session = open(store, options);
  await session.addItems(items, context);
  const id = options.scope ? '~acme/s' : await session.getSessionId();
  return recordsOf(store, id) as Promise<readonly Uint8Array[]>;
}

function flipped(record: Uint8Array, place: number, mask = 0xff): Uint8Array {
  const changed = Uint8Array.from(record);
  changed[place] = (changed[place] ?? 0) ^ mask;
  return changed;
}

test('records hold nothing of the items, and differ for equal ones', async () => {
  const records = await encryptedFor([A, A]);
  for (const record of records) expect(Buffer.from(record).includes(SECRET)).toBe(false);
  expect(records[0]).not.toEqual(records[1]);
  expect(records.map((record) => [record[0], record[1]])).toEqual([
    [2, 0],
    [2, 0],
  ]);
});

describe('a record that was changed', () => {
  const code = (place: number): RegExp =>
    place === 0
      ? /UNSUPPORTED_FORMAT|CORRUPT_RECORD/
      : place >= 2 && place < 18
        ? /UNKNOWN_KEY/
        : /CORRUPT_RECORD/;

  test.each([
    ['text', false],
    ['compressed', true],
  ])('in any byte is an error that tells nothing: %s', async (_what, compression) => {
    const [record = new Uint8Array()] = await encryptedFor([message(SECRET.repeat(5))], { compression });
    expect(record[1]).toBe(compression ? 1 : 0);
    for (let place = 0; place < record.length; place++) {
      for (const mask of [0xff, 0x01, 0x80]) {
        const store = new MemoryStore();
        await put(store, 's', flipped(record, place, mask));
        const before = await store.read('s');
        for (const session of [open(store), open(store, { compression: true })]) {
          const error: unknown = await session.getItems().catch((reason: unknown) => reason);
          expect(SessionError.is(error) && error.code).toMatch(code(place));
          expect(textOf(error)).not.toContain(SECRET);
          await expect(session.popItem()).rejects.toThrow(SessionError);
        }
        expect(await store.read('s')).toEqual(before);
      }
    }
  });

  test('by cutting it off at any length, or by bytes behind it', async () => {
    const [record = new Uint8Array()] = await encryptedFor([A]);
    for (let length = 1; length < record.length; length++) {
      const store = new MemoryStore();
      await put(store, 's', record.slice(0, length));
      await expectCode('CORRUPT_RECORD', () => open(store).getItems());
    }
    const store = new MemoryStore();
    await put(store, 's', Buffer.concat([record, Buffer.of(0)]));
    await expectCode('CORRUPT_RECORD', () => open(store).getItems());
  });
});

interface Damage {
  readonly code: SessionErrorCode;
  readonly record: () => Promise<StoredRecord>;
}

const first = async (...given: Parameters<typeof encryptedFor>): Promise<Uint8Array> =>
  (await encryptedFor(...given))[0] ?? new Uint8Array();

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a changed record': { code: 'CORRUPT_RECORD', record: async () => flipped(await first([A]), 40) },
  'a record of another session': {
    code: 'CORRUPT_RECORD',
    record: () => first([A], { sessionId: 'other' }),
  },
  'a record of the same session in a scope': {
    code: 'CORRUPT_RECORD',
    record: () => first([A], { scope: () => 'acme' }, newRun()),
  },
  'a record of another context': {
    code: 'CORRUPT_RECORD',
    record: () => first([A], { encryption: encryption({ context: 'elsewhere' }) }),
  },
  'a record that claims our key': {
    code: 'CORRUPT_RECORD',
    record: async () => {
      const record = Buffer.from(await first([A], { encryption: encryption({ keys: [STRANGE] }) }));
      record.write(keyTag(OLD), 2, 'hex');
      return record;
    },
  },
  'a record of an unknown key': {
    code: 'UNKNOWN_KEY',
    record: () => first([A], { encryption: encryption({ keys: [STRANGE] }) }),
  },
  'a record that is not encrypted': {
    code: 'UNENCRYPTED_RECORD',
    record: () => Promise.resolve(JSON.stringify(A)),
  },
  'a record that is compressed and not encrypted': {
    code: 'UNENCRYPTED_RECORD',
    record: () => first([message(SECRET.repeat(9))], { encryption: undefined, compression: true }),
  },
  'a record of a later format': {
    code: 'UNSUPPORTED_FORMAT',
    record: async () => Buffer.concat([Buffer.of(9), (await first([A])).slice(1)]),
  },
};

/** Whatever works on what is stored. */
const WORK: Readonly<
  Record<string, (open: (options?: SessionOptions) => StoredSession) => Promise<unknown>>
> = {
  'a read': (open) => open().getItems(),
  'a read of the newest': (open) => open().getItems(2),
  'popItem, twice': async (open) => {
    await open().popItem();
    await open().popItem();
  },
  'a transaction': (open) =>
    open().applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [CALL, B], replacement: [C] },
    }),
  'a mutation': (open) =>
    open().applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: { ...CALL, arguments: '' } }],
    }),
  'a rewrite': (open) => open().rewriteHistory(() => [C]),
  'a compaction': (open) => open().replaceHistoryWithCompaction([C]),
  'an automatic compaction': (open) =>
    open({ compaction: { shorten: () => ({ items: [C] }) } }).runCompaction?.({ force: true }) ??
    Promise.reject(new Error('there is none')),
  'a fork': (open) => open().fork({ sessionId: 'fork' }),
  'encrypting it anew': (open) => open({ encryption: encryption({ keys: [NEW, OLD] }) }).reencrypt(),
};

describe.each(Object.entries(DAMAGES))('%s', (_what, { code, record }) => {
  async function damaged(): Promise<{ store: MemoryStore; bad: StoredRecord }> {
    const store = new MemoryStore();
    const bad = await record();
    await open(store).addItems([A, CALL]);
    await put(store, 's', bad);
    await open(store).addItems([B]);
    return { store, bad };
  }

  test.each(Object.entries(WORK))('stops %s, which changes nothing', async (_work, work) => {
    const { store } = await damaged();
    const before = await recordsOf(store);
    // Of what was popped in front of it, the item was returned.
    const left = work === WORK['popItem, twice'] ? before.slice(0, -1) : before;
    for (const onCorruptRecord of code === 'CORRUPT_RECORD'
      ? (['error'] as const)
      : (['error', 'skip'] as const)) {
      const opened = (options?: SessionOptions) => open(store, { onCorruptRecord, ...options });
      const error = await expectCode(code, () => work(opened));
      expect(textOf(error)).not.toContain(SECRET);
      if (code === 'UNKNOWN_KEY') expect(error.message).toContain(keyTag(STRANGE));
    }
    expect(await recordsOf(store)).toEqual(left);
    expect(await recordsOf(store, 'fork')).toEqual([]);
  });

  if (code !== 'CORRUPT_RECORD') return;
  test.each(Object.entries(WORK))(
    'is skipped by %s where the caller says so, and stays',
    async (work, run) => {
      const { store, bad } = await damaged();
      const opened = (options?: SessionOptions) => open(store, { onCorruptRecord: 'skip', ...options });
      if (work === 'a fork') {
        await expectCode('CORRUPT_RECORD', () => run(opened));
        return;
      }
      const result = await run(opened);
      if (work.startsWith('a read')) expect(result).toEqual([A, CALL, B].slice(work === 'a read' ? 0 : 1));
      const records = await recordsOf(store);
      expect(records).toContainEqual(bad);
      if (work === 'encrypting it anew') expect(records[2]).toEqual(bad);
    },
  );
});

describe('a copy of a record', () => {
  async function copied(): Promise<MemoryStore> {
    const store = new MemoryStore();
    await open(store).addItems([A, B]);
    await put(store, 's', (await recordsOf(store))[0] ?? '');
    return store;
  }

  test('is an error, and skipped where the caller says so', async () => {
    const store = await copied();
    const error = await expectCode('CORRUPT_RECORD', () => open(store).getItems());
    expect(error.message).toContain('record 1 from the end');
    expect(await open(store, { onCorruptRecord: 'skip' }).getItems()).toEqual([A, B]);
    expect(await recordsOf(store)).toHaveLength(3);
  });

  test('is an error, too, where only what is new is read, and the first of the two is in a cache', async () => {
    const store = new MemoryStore();
    const cached = open(store, { cache: new HistoryCache({ maxBytes: 1_000_000 }) });
    await cached.addItems([A, B]);
    expect(await cached.getItems()).toEqual([A, B]);
    await put(store, 's', (await recordsOf(store))[0] ?? '');
    await expectCode('CORRUPT_RECORD', () => cached.getItems());
    await expectCode('CORRUPT_RECORD', () => cached.getItems(1));
  });

  test('is told by all of its nonce, not by how that begins', () => {
    const records = [7, 8].map((last) =>
      Buffer.concat([Buffer.of(2, 0), Buffer.alloc(27, 5), Buffer.of(last), Buffer.alloc(20)]),
    );
    expect(copiesIn(records, []).size).toBe(0);
    expect(copiesIn(records.slice(1), records.slice(0, 1)).size).toBe(0);
    expect(copiesIn([...records, ...records], [])).toEqual(new Set([2, 3]));
    expect(copiesIn(records, records.slice(1))).toEqual(new Set([1]));
  });
});

describe('a cache that sessions share', () => {
  const SHARED: readonly (readonly [string, SessionOptions, SessionErrorCode])[] = [
    ['without a key', { encryption: undefined }, 'UNKNOWN_KEY'],
    ['with another key', { encryption: encryption({ keys: [STRANGE] }) }, 'UNKNOWN_KEY'],
    ['of another context', { encryption: encryption({ context: 'elsewhere' }) }, 'CORRUPT_RECORD'],
  ];

  test.each(SHARED)(
    'shows a session %s nothing of what another one has decrypted',
    async (_what, options, code) => {
      const store = new MemoryStore();
      const cache = new HistoryCache({ maxBytes: 1_000_000 });
      await open(store, { cache }).addItems([A]);
      for (let times = 0; times < 2; times++) {
        expect(await open(store, { cache }).getItems()).toEqual([A]);
        await expectCode(code, () => open(store, { cache, ...options }).getItems());
      }
      expect(cache.stats).toMatchObject({ hits: 1, entries: 1 });
      await open(store, { cache, ...options }).clearSession();
      expect(cache.stats).toMatchObject({ entries: 0 });
    },
  );

  test('shows a strict one no plaintext that another one has read', async () => {
    const store = new MemoryStore();
    const cache = new HistoryCache({ maxBytes: 1_000_000 });
    const lenient = encryption({ plaintext: 'read' });
    await open(store, { cache, encryption: undefined }).addItems([A]);
    expect(await open(store, { cache, encryption: undefined }).getItems()).toEqual([A]);
    expect(await open(store, { cache, encryption: lenient }).getItems()).toEqual([A]);
    await expectCode('UNENCRYPTED_RECORD', () => open(store, { cache }).getItems());
  });
});

describe('digests of operations', () => {
  const append = (operationId: string, ...items: AgentInputItem[]) =>
    ({ operationId, transaction: { type: 'append_items', items } }) as const;

  /** What a store was given of one transaction. */
  async function operationOf(options: SessionOptions): Promise<HistoryOperation | undefined> {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store, { sessionId: 's', ...options });
    await session.applyHistoryTransaction(append('o', A));
    return requests.find(({ change }) => change)?.change?.operation;
  }

  test('depend on the digest key and the session, and on no key that rotates', async () => {
    const [here, rotated, ...others] = await Promise.all([
      operationOf({ encryption: ours }),
      operationOf({ encryption: encryption({ keys: [NEW, OLD] }) }),
      operationOf({ encryption: ours, sessionId: 'other' }),
      operationOf({ encryption: encryption({ digestKey: STRANGE }) }),
      operationOf({ encryption: encryption({ context: 'elsewhere' }) }),
      operationOf({}),
    ]);
    expect(rotated).toEqual(here);
    const all = [here, ...others];
    expect(new Set(all.map((each) => each?.id)).size).toBe(all.length);
    expect(new Set(all.map((each) => each?.fingerprint)).size).toBe(all.length);
  });

  test('recognise a transaction, a replay and a fork that are repeated after the keys were rotated', async () => {
    const store = new MemoryStore();
    const later = encryption({ keys: [NEW, OLD] });
    for (const each of [ours, later]) {
      await open(store, { encryption: each }).applyHistoryTransaction(append('o', A));
      await open(store, { encryption: each, replayId: 'step' }).addItems([B]);
      await open(store, { encryption: each }).fork({ sessionId: 'fork', upTo: 2 });
      if (each === later) break;
      expect(await open(store, { encryption: later }).reencrypt()).toBe(2);
    }
    for (const sessionId of ['s', 'fork']) {
      expect(await open(store, { encryption: later, sessionId }).getItems()).toEqual([A, B]);
    }
    await expectCode('OPERATION_MISMATCH', () =>
      open(store, { encryption: later }).applyHistoryTransaction(append('o', B)),
    );
  });
});

describe('encryptWith', () => {
  const valid = { keys: [OLD], digestKey: DIGEST };
  const provider = { forScope: () => valid, byTag: () => undefined };

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no keys', { ...valid, keys: [] }],
    ['no digest key', { keys: [OLD] }],
    ['a password', { ...valid, keys: ['correct horse battery staple 123'] }],
    ['the characters of a password', { ...valid, keys: [Buffer.from('correct horse battery staple 123')] }],
    ['a key in hex', { ...valid, digestKey: Buffer.from(randomBytes(16).toString('hex')) }],
    ['a key of 16 bytes', { ...valid, keys: [randomBytes(16)] }],
    ['an older key of 33 bytes', { ...valid, keys: [OLD, randomBytes(33)] }],
    ['another context', { ...valid, context: 1 }],
    ['a context of half a character', { ...valid, context: '\ud800' }],
    ['another rule', { ...valid, plaintext: 'skip' }],
    ['half a provider', { keys: { forScope: () => valid } }],
    ['a provider and a digest key', { keys: provider, digestKey: DIGEST }],
    ['an age without a provider', { ...valid, maxAgeSeconds: 5 }],
    ['a time limit without a provider', { ...valid, timeoutMs: 5 }],
    ['no time', { keys: provider, timeoutMs: 0 }],
    ['no age', { keys: provider, maxAgeSeconds: 0 }],
    ['an age of more than a day', { keys: provider, maxAgeSeconds: 86_401 }],
  ])('refuses %s, and shows nothing of a key', async (_what, options) => {
    const error = await expectCode('INVALID_ARGUMENT', () => encryptWith(options as never));
    expect(textOf(error)).not.toMatch(/battery|[0-9a-f]{16}/);
  });

  test.each([null, {}, 'key', { keys: [OLD] }])(
    'is the only thing that the option takes: %p',
    async (given) => {
      await expectCode('INVALID_ARGUMENT', () => open(new MemoryStore(), { encryption: given as never }));
    },
  );

  test('keeps keys of its own, which the caller may wipe', async () => {
    const key = Uint8Array.from(OLD);
    const store = new MemoryStore();
    const wiped = encryption({ keys: [key] });
    key.fill(0);
    await open(store, { encryption: wiped }).addItems([A]);
    expect(await open(store).getItems()).toEqual([A]);
    expect(inspect(wiped, { depth: 9, showHidden: true })).not.toContain(inspect(OLD).slice(8, 20));
  });
});
