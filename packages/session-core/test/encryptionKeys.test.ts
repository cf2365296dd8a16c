import { randomBytes } from 'node:crypto';
import type { AgentInputItem, RunContext, SessionHistoryTransactionArgs } from '@openai/agents';
import { MemoryStore, SessionIndex, StoredSession, type SessionOptions } from '../src';
import { encryptWith, keyTag, type EncryptionKeys, type KeyProvider } from '../src/encryption';
import type { SessionStore } from '../src/store';
import { newRun } from '../src/testing/newRun';
import { deferred, expectCode, message } from './support';

const [A, B, C] = [message('a'), message('b'), message('c')];
const MAX_AGE_SECONDS = 60;

/** Of a run that waits for approval. */
const STATE = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: {
    type: 'next_step_interruption',
    data: { interruptions: [{ rawItem: { type: 'function_call', callId: 'c1', name: 'pay' } }] },
  },
});

/** Keys of tenants as a key management service has them, and what it was asked. */
class Service implements KeyProvider {
  readonly asked: string[] = [];
  readonly #scopes = new Map<string | undefined, { keys: Uint8Array[]; digestKey: Uint8Array }>();

  forScope(scope: string | undefined): EncryptionKeys {
    this.asked.push(`scope ${scope}`);
    const { keys, digestKey } = this.#of(scope);
    return { keys: keys.slice(0, 1), digestKey };
  }

  byTag(tag: string, scope: string | undefined): Promise<Uint8Array | undefined> {
    this.asked.push(`tag of ${scope}`);
    return Promise.resolve(this.#scopes.get(scope)?.keys.find((key) => keyTag(key) === tag));
  }

  rotate(scope?: string): void {
    this.#of(scope).keys.unshift(randomBytes(32));
  }

  deleteOlder(scope?: string): void {
    this.#of(scope).keys.splice(1);
  }

  /** The next question is answered with keys made anew. */
  delete(scope?: string): void {
    this.#scopes.delete(scope);
  }

  #of(scope: string | undefined) {
    const known = this.#scopes.get(scope) ?? { keys: [randomBytes(32)], digestKey: randomBytes(32) };
    this.#scopes.set(scope, known);
    return known;
  }
}

const provided = (keys: KeyProvider) => encryptWith({ keys, maxAgeSeconds: MAX_AGE_SECONDS });

describe('a provider', () => {
  const later = (ms: number) => jest.advanceTimersByTime(ms);
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  const open = (store: MemoryStore, keys: KeyProvider, options: SessionOptions = {}) =>
    new StoredSession(store, { sessionId: 's', encryption: provided(keys), ...options });

  test('is asked once for each scope until its answer is too old, also by calls at the same time', async () => {
    const service = new Service();
    const session = open(new MemoryStore(), service, {
      scope: (run: RunContext) => (run as unknown as { tenant: string }).tenant,
    });
    const run = (tenant: string) => Object.assign(newRun(), { tenant });
    await Promise.all(['acme', 'acme', 'other'].map((tenant) => session.addItems([A], run(tenant))));
    expect(await session.getItems(undefined, run('acme'))).toEqual([A, A]);
    later(MAX_AGE_SECONDS * 1_000 - 1);
    await session.getItems(undefined, run('acme'));
    expect(service.asked).toEqual(['scope acme', 'scope other']);
    later(1);
    await session.getItems(undefined, run('acme'));
    expect(service.asked.slice(2)).toEqual(['scope acme']);
  });

  test('is asked by tag for a key that it did not name, once until that is too old', async () => {
    const service = new Service();
    const store = new MemoryStore();
    const [writer, reader] = [open(store, service), open(store, service)];
    await writer.addItems([A]);
    service.rotate();
    later(MAX_AGE_SECONDS * 1_000);
    await writer.addItems([B]);
    service.asked.length = 0;
    for (let times = 0; times < 3; times++) expect(await reader.getItems()).toEqual([A, B]);
    expect(service.asked).toEqual(['scope undefined', 'tag of undefined']);
    later(MAX_AGE_SECONDS * 1_000);
    await reader.getItems();
    expect(service.asked).toHaveLength(4);
  });

  test('may know a newer key than the one that a process still writes with', async () => {
    const service = new Service();
    const store = new MemoryStore();
    const early = open(store, service);
    await early.addItems([A]);
    service.rotate();
    await open(store, service).addItems([B]);
    expect(await early.getItems()).toEqual([A, B]);
    await early.addItems([C]);
    expect(await open(store, service).getItems()).toEqual([A, B, C]);
  });

  test('of which a key is gone leaves records that nobody reads, and nobody loses', async () => {
    const service = new Service();
    const store = new MemoryStore();
    const session = open(store, service, { onCorruptRecord: 'skip' });
    await session.addItems([A]);
    service.delete();
    expect(await session.getItems()).toEqual([A]);
    later(MAX_AGE_SECONDS * 1_000);
    for (let times = 0; times < 2; times++) await expectCode('UNKNOWN_KEY', () => session.getItems());
    // It might be known again.
    expect(service.asked.filter((each) => each.startsWith('tag'))).toHaveLength(2);
    await expectCode('UNKNOWN_KEY', () => session.popItem());
    expect((await store.read('s')).records).toHaveLength(1);
  });

  test('is asked for no more than one of many keys that somebody made up', async () => {
    const service = new Service();
    const store = new MemoryStore();
    const session = open(store, service, { onCorruptRecord: 'skip' });
    await session.addItems([A]);
    const append = [1, 2, 3].map((tag) =>
      Buffer.concat([Buffer.of(2, 0), Buffer.alloc(16, tag), randomBytes(60)]),
    );
    await store.commit('s', { idempotencyKey: 'k', append });
    await session.addItems([B]);
    const error = await expectCode('UNKNOWN_KEY', () => session.getItems());
    expect(error.message).toContain(`record 4 from the end is encrypted with key ${'01'.repeat(16)}`);
    expect(service.asked).toEqual(['scope undefined', 'tag of undefined']);
    expect(await session.getItems(1)).toEqual([B]);
  });

  const FAILURES: Readonly<Record<string, Partial<KeyProvider>>> = {
    'that throws': { forScope: () => Promise.reject(new Error('no network')) },
    'without keys': { forScope: () => ({ keys: [], digestKey: randomBytes(32) }) },
    'with a short key': { forScope: () => ({ keys: [randomBytes(31)], digestKey: randomBytes(32) }) },
    'without an answer': { forScope: () => undefined as never },
    'that throws by tag': { byTag: () => Promise.reject(new Error('no network')) },
    'with another key than it was asked for': { byTag: () => randomBytes(32) },
  };

  test.each(Object.entries(FAILURES))('%s is an error, and is asked again', async (_what, failure) => {
    const service = new Service();
    const store = new MemoryStore();
    await open(store, service).addItems([A]);
    service.rotate();
    const failing: KeyProvider = {
      forScope: (scope) => service.forScope(scope),
      byTag: (tag, scope) => service.byTag(tag, scope),
      ...failure,
    };
    const session = open(store, failing, { onCorruptRecord: 'skip' });
    const before = await store.read('s');
    for (const work of [() => session.getItems(), () => session.popItem()]) {
      const error = await expectCode('KEYS_UNAVAILABLE', work);
      expect(error.cause).toBeInstanceOf(Error);
    }
    expect(await store.read('s')).toEqual(before);
    Object.assign(failing, { forScope: service.forScope.bind(service), byTag: service.byTag.bind(service) });
    expect(await session.getItems()).toEqual([A]);
  });

  test.each(['forScope', 'byTag'] as const)(
    'that never answers, by %s, holds no session up',
    async (method) => {
      const service = new Service();
      const store = new MemoryStore();
      await open(store, service).addItems([A]);
      service.rotate();
      const hanging: KeyProvider = {
        forScope: (scope) => service.forScope(scope),
        byTag: (tag, scope) => service.byTag(tag, scope),
        [method]: () => new Promise<never>(() => undefined),
      };
      const session = new StoredSession(store, {
        sessionId: 's',
        encryption: encryptWith({ keys: hanging, timeoutMs: 5_000 }),
      });
      const errors = [() => session.popItem(), () => session.getItems()].map((work) =>
        expectCode('KEYS_UNAVAILABLE', work),
      );
      await jest.advanceTimersByTimeAsync(5_000);
      for (const error of errors) expect((await error).cause).toMatchObject({ code: 'TIMEOUT' });
      expect(jest.getTimerCount()).toBe(0);
      Object.assign(hanging, { [method]: service[method].bind(service) });
      await session.addItems([B]);
      expect(await session.getItems()).toEqual([A, B]);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  test('that has not answered yet holds a write up, and those behind it', async () => {
    const service = new Service();
    const gate = deferred();
    const slow: KeyProvider = {
      forScope: (scope) => gate.promise.then(() => service.forScope(scope)),
      byTag: () => undefined,
    };
    const store = new MemoryStore();
    const session = open(store, slow);
    const writes = [A, B, C].map((item) => session.addItems([item]));
    gate.resolve();
    await Promise.all(writes);
    expect(await session.getItems()).toEqual([A, B, C]);
  });
});

describe('reencrypt', () => {
  const [OLD, NEW, DIGEST] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const before = encryptWith({ keys: [OLD], digestKey: DIGEST });
  const rotated = encryptWith({ keys: [NEW, OLD], digestKey: DIGEST, plaintext: 'read' });
  const after = encryptWith({ keys: [NEW], digestKey: DIGEST });
  const open = (store: MemoryStore, encryption: SessionOptions['encryption'], options: SessionOptions = {}) =>
    new StoredSession(store, { sessionId: 's', encryption, ...options });

  /** Plaintext, two records under the old key, and one under the new. */
  async function mixed(): Promise<MemoryStore> {
    const store = new MemoryStore();
    await open(store, undefined).addItems([A]);
    await open(store, rotated).addItems([C]);
    await open(store, encryptWith({ keys: [OLD], digestKey: DIGEST, plaintext: 'read' })).addItems([B, A]);
    return store;
  }

  test('puts all that is not under the newest key under it, and then writes nothing', async () => {
    const store = await mixed();
    expect(await open(store, rotated).reencrypt()).toBe(3);
    expect(await open(store, after).getItems()).toEqual([A, C, B, A]);
    const stored = await store.read('s');
    expect(await open(store, rotated).reencrypt()).toBe(0);
    expect(await store.read('s')).toEqual(stored);
    expect(await open(new MemoryStore(), rotated).reencrypt()).toBe(0);
  });

  test('asks a provider anew, so that what it leaves is under the newest of all keys', async () => {
    const service = new Service();
    const store = new MemoryStore();
    const session = open(store, provided(service));
    await session.addItems([A, B]);
    service.rotate();
    expect(await session.reencrypt()).toBe(2);
    service.deleteOlder();
    expect(await open(store, provided(service)).getItems()).toEqual([A, B]);
  });

  test('keeps what is appended meanwhile, and counts until no older key is in use', async () => {
    const store = await mixed();
    const writer = open(store, encryptWith({ keys: [OLD, NEW], digestKey: DIGEST, plaintext: 'read' }));
    const writes = Array.from({ length: 20 }, (_, index) => () => writer.addItems([message(`${index}`)]));
    const session = open(store, rotated);
    await Promise.all([
      ...writes.map((write) => write()),
      session.reencrypt(),
      open(store, rotated).reencrypt(),
    ]);
    while ((await session.reencrypt()) > 0);
    const items = await open(store, after).getItems();
    expect(items).toEqual([A, C, B, A, ...writes.map((_, index) => message(`${index}`))]);
  });

  test('does not take a run, or an object, for one that missed something', async () => {
    const store = await mixed();
    const fenced = open(store, rotated, { concurrentWrites: 'reject' });
    const run = newRun();
    await fenced.getItems(undefined, run);
    await fenced.addItems([B], run);
    expect(await fenced.reencrypt(run)).toBe(3);
    await fenced.addItems([C], run);
    await fenced.replaceHistoryWithCompaction([A], run);
    expect(await open(store, after).getItems()).toEqual([A]);
  });

  test('leaves a run what it knows, which its compaction replaces beside what others append', async () => {
    const store = await mixed();
    const session = open(store, rotated);
    const run = newRun();
    await session.getItems(undefined, run);
    await session.addItems([B], run);
    await session.reencrypt(run);
    await open(store, rotated).addItems([C]);
    await session.replaceHistoryWithCompaction([A], run);
    expect(await open(store, after).getItems()).toEqual([A, C]);
  });

  test('is to a fenced run in another process what any write is', async () => {
    const store = await mixed();
    const fenced = open(store, rotated, { concurrentWrites: 'reject' });
    await fenced.getItems();
    await open(store, rotated).reencrypt();
    await expectCode('CONFLICT', () => fenced.addItems([B]));
    await expectCode('CONFLICT', async () => {
      await open(store, before).addItems([B]);
      await fenced.reencrypt();
    });
  });

  test.each<SessionOptions>([{ encryption: undefined }, { replayId: 'step' }])(
    'is refused to a session with %p',
    async (options) => {
      const store = await mixed();
      await expectCode('INVALID_ARGUMENT', () => open(store, rotated, options).reencrypt());
    },
  );

  describe('with pending runs', () => {
    const restore = (text: string) => ({
      text,
      getInterruptions: () => [],
      approve: () => undefined,
      reject: () => undefined,
    });

    test('waits for those of its session, which it would cut off from their history', async () => {
      const store = new MemoryStore();
      const waiting = open(store, before);
      await waiting.addItems([A]);
      const id = await waiting.savePendingRun(STATE);
      const stored = await store.read('s');
      await expectCode('CONFLICT', () => open(store, rotated).reencrypt());
      expect(await store.read('s')).toEqual(stored);
      const taken = await open(store, rotated).takePendingRun(id, { restore });
      expect(taken?.state.text).toBe(STATE);
      await expectCode('CONFLICT', () => open(store, rotated).reencrypt());
      await taken?.session.addItems([B]);
      await taken?.finish();
      expect(await open(store, rotated).reencrypt()).toBe(1);
      expect(await open(store, after).getItems()).toEqual([A, B]);
    });

    test('puts those of the other sessions of its scope under the newest key', async () => {
      const store = new MemoryStore();
      const scope = () => 'acme';
      const waiting = open(store, before, { scope });
      await waiting.addItems([A], newRun());
      const run = newRun();
      await waiting.getItems(undefined, run);
      const id = await waiting.savePendingRun(STATE, run);
      expect(await open(store, rotated, { scope, sessionId: 'other' }).reencrypt(newRun())).toBe(2);
      // Its history is under the older key still.
      const late = encryptWith({ keys: [NEW, OLD], digestKey: DIGEST });
      const taken = await open(store, late, { scope }).takePendingRun(id, { restore }, newRun());
      expect(taken?.state.text).toBe(STATE);
      expect(await open(store, after, { scope }).pendingRuns(newRun())).toHaveLength(1);
    });
  });
});

test('a list of pending runs under an unknown key stays, and lets its session be cleared', async () => {
  const [DIGEST, OLD] = [randomBytes(32), randomBytes(32)];
  const store = new MemoryStore();
  const scope = () => 'acme';
  const open = (key: Uint8Array) =>
    new StoredSession(store, {
      sessionId: 's',
      scope,
      encryption: encryptWith({ keys: [key], digestKey: DIGEST }),
    });
  const [session, run] = [open(OLD), newRun()];
  await session.addItems([A], run);
  await session.savePendingRun(STATE, run);
  const listed = await store.read('~acme/~runs');
  await expectCode('UNKNOWN_KEY', () => open(randomBytes(32)).clearSession(newRun()));
  expect((await store.read('~acme/s')).records).toEqual([]);
  expect(await store.read('~acme/~runs')).toEqual(listed);
  await open(OLD).clearSession(newRun());
  expect((await store.read('~acme/~runs')).records).toEqual([]);
});

describe('an index', () => {
  const [OLD, NEW, digestKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const [before, rotated, after] = [[OLD], [NEW, OLD], [NEW]].map((keys) => encryptWith({ keys, digestKey }));

  test.each([undefined, 'acme'])(
    'of sessions in scope %p is encrypted as they are, and goes over to the newest key',
    async (scope) => {
      const store = new MemoryStore();
      const open = (sessionId: string, encryption: SessionOptions['encryption']) =>
        new StoredSession(store, {
          sessionId,
          encryption,
          index: { owner: 'ann' },
          ...(scope !== undefined && { scope: () => scope }),
        });
      const index = (encryption: SessionOptions['encryption']) =>
        new SessionIndex(store, { owner: 'ann', scope, encryption });
      const listed = async (encryption: SessionOptions['encryption']) =>
        (await index(encryption).list()).sessions.map(({ sessionId, title }) => [sessionId, title]);
      const run = newRun();
      for (const sessionId of ['one', 'two']) {
        const session = open(sessionId, before);
        await session.addItems([A], run);
        await session.setDetails({ title: `about ${sessionId}` }, run);
      }
      const expected = [
        ['two', 'about two'],
        ['one', 'about one'],
      ];
      expect(await listed(before)).toEqual(expected);
      for (const other of [undefined, after]) await expectCode('UNKNOWN_KEY', () => index(other).list());
      for (const sessionId of ['one', 'two']) await open(sessionId, rotated).reencrypt(run);
      expect(await open('one', rotated).reencrypt(run)).toBe(0);
      expect(await listed(after)).toEqual(expected);
      await open('one', after).addItems([B], run);
      expect(await index(after).erase()).toEqual({ sessions: 2 });
    },
  );
});

describe('going over to encryption', () => {
  const options = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
  const [first, second, last] = (['write', 'read', 'refuse'] as const).map((plaintext) =>
    encryptWith({ ...options, plaintext }),
  );

  test('in two deployments, no process meets what it cannot read, and no item is lost', async () => {
    const store = new MemoryStore();
    const open = (encryption: SessionOptions['encryption']) =>
      new StoredSession(store, { sessionId: 's', encryption });
    const processes: SessionOptions['encryption'][] = [undefined, undefined];
    const expected: string[] = [];
    for (const step of [
      [undefined, undefined],
      [first, undefined],
      [first, first],
      [second, first],
      [second, second],
    ]) {
      step.forEach((encryption, index) => (processes[index] = encryption));
      await Promise.all(
        processes.map(async (encryption, index) => {
          expected.push(`${expected.length}`);
          await open(encryption).addItems([message(`${expected.length - 1} by ${index}`)]);
          await open(encryption).getItems();
        }),
      );
    }
    const plain = (await store.read('s')).records.filter((record) => typeof record === 'string');
    expect(plain).toHaveLength(7);
    await expectCode('UNENCRYPTED_RECORD', () => open(last).getItems());
    expect(await open(second).reencrypt()).toBe(7);
    expect(await open(last).getItems()).toHaveLength(expected.length);
    await expectCode('UNKNOWN_KEY', () => open(undefined).getItems());
  });

  const appending = (...items: AgentInputItem[]): SessionHistoryTransactionArgs => ({
    operationId: 'o',
    transaction: { type: 'append_items', items },
  });
  const OPERATIONS: Readonly<Record<string, (session: StoredSession) => Promise<unknown>>> = {
    'a transaction': (session) => session.applyHistoryTransaction(appending(A)),
    'a replay': (session) => session.addItems([A]),
    'a fork': (session) => session.fork({ sessionId: 'fork' }),
  };

  const ORDERS = [
    [undefined, first, second, second],
    [second, first, second],
  ].flatMap((settings) => Object.entries(OPERATIONS).map(([what, work]) => [what, work, settings] as const));

  test.each(ORDERS)('recognises %s of a process that is behind or ahead', async (what, work, settings) => {
    const store = new MemoryStore();
    const options: SessionOptions = { sessionId: 's', ...(what === 'a replay' && { replayId: 'step' }) };
    if (what === 'a fork') await new StoredSession(store, options).addItems([A]);
    for (const encryption of settings) {
      await work(new StoredSession(store, { ...options, encryption }));
    }
    const sessionId = what === 'a fork' ? 'fork' : 's';
    expect(await new StoredSession(store, { sessionId, encryption: second }).getItems()).toEqual([A]);
    if (what !== 'a transaction') return;
    await expectCode('OPERATION_MISMATCH', () =>
      new StoredSession(store, { ...options, encryption: second }).applyHistoryTransaction(appending(B)),
    );
  });

  test.each([
    [undefined, first],
    [first, second],
    [second, first],
  ])('takes a run that waits for the one that a process at another step has saved', async (...settings) => {
    const store = new MemoryStore();
    const ids = new Set<string>();
    await new StoredSession(store, { sessionId: 's', encryption: settings[0] }).addItems([A]);
    for (const encryption of settings) {
      const session = new StoredSession(store, { sessionId: 's', encryption });
      await session.getItems();
      ids.add(await session.savePendingRun(STATE));
    }
    expect(ids.size).toBe(1);
    expect(await new StoredSession(store, { sessionId: 's', encryption: second }).pendingRuns()).toHaveLength(
      1,
    );
  });

  test('recognises all writes of a step that each next process replays, and also after all was encrypted', async () => {
    const store = new MemoryStore();
    const open = (encryption: SessionOptions['encryption'], replayId?: string) =>
      new StoredSession(store, { sessionId: 's', encryption, replayId });
    const call = { type: 'function_call', callId: 'c1', name: 'pay', arguments: 'old' } as const;
    const replacement = { ...call, arguments: 'new' };
    for (const encryption of [undefined, first, second, second, first]) {
      const step = open(encryption, 'step');
      await step.addItems([A, call]);
      await step.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: call.callId, replacement }],
      });
      await step.applyHistoryTransaction({
        operationId: 'o',
        transaction: { type: 'replace_suffix', expectedSuffix: [replacement], replacement: [B] },
      });
      await step.replaceHistoryWithCompaction([C]);
      await step.addItems([A]);
      if (encryption === second) await open(second).reencrypt();
      expect(await open(second).getItems()).toEqual([C, A]);
    }
  });

  test('recognises one that another process applies between the question and the commit', async () => {
    const store = new MemoryStore();
    const open = (over: SessionStore, encryption: SessionOptions['encryption']) =>
      new StoredSession(over, { sessionId: 's', encryption });
    let commits = 0;
    const slow: SessionStore = {
      read: (...args) => store.read(...args),
      clear: (...args) => store.clear(...args),
      commit: async (...args) => {
        if (++commits === 2) await open(store, first).applyHistoryTransaction(appending(A));
        return store.commit(...args);
      },
    };
    await open(slow, second).applyHistoryTransaction(appending(A));
    expect(commits).toBe(3);
    expect(await open(store, second).getItems()).toEqual([A]);
  });

  test('and back: all records become plaintext again', async () => {
    const store = new MemoryStore();
    const open = (encryption: SessionOptions['encryption']) =>
      new StoredSession(store, { sessionId: 's', encryption });
    await open(second).addItems([A, B]);
    await open(first).addItems([C]);
    expect(await open(first).reencrypt()).toBe(2);
    expect(await open(first).reencrypt()).toBe(0);
    expect(await open(undefined).getItems()).toEqual([A, B, C]);
  });
});
