import fc from 'fast-check';
import {
  HistoryCache,
  MemoryStore,
  SessionError,
  SessionIndex,
  StoredSession,
  type SessionDetails,
} from '../src';
import { isDescribing, type SessionStore } from '../src/store';
import { dying, IndexWorld, inScope, pagesOf } from './indexWorld';
import { expectCode, message, recording, textOf } from './support';

const MINUTE = 60_000;
const DAY = 86_400_000;
const SECRET = 'a secret of the conversation';

afterEach(() => jest.restoreAllMocks());

describe('listing', () => {
  test('by pages, newest first, with what is described and what was noted', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    for (let n = 1; n <= 25; n++) {
      world.now += 1_000;
      const session = await world.write(`s${n}`);
      if (n % 2 === 0) await session.setDetails({ title: `t${n}`, metadata: { n: `${n}` } });
    }
    const sessions = await world.all(10);
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(
      Array.from({ length: 25 }, (_, index) => `s${25 - index}`),
    );
    expect(sessions[1]).toEqual({
      ...(await world.session('s24').describe()),
      ...{ sessionId: 's24', title: 't24', metadata: { n: '24' } },
    });
    expect(sessions[0]).toEqual({ ...(await world.session('s25').describe()), sessionId: 's25' });
    expect((await world.index().list()).sessions).toHaveLength(20);
    expect(await world.index().list({ limit: 25 })).toEqual({ sessions });
    expect(await new SessionIndex(world.store(), { owner: 'bob' }).list()).toEqual({ sessions: [] });
  });

  test('a cursor stays right when sessions begin, are written to and go, and the index is rewritten', async () => {
    const world = new IndexWorld();
    const ids = Array.from({ length: 12 }, (_, n) => `s${n}`);
    for (const id of ids) await world.write(id);
    const first = await world.index().list({ limit: 4 });
    expect(first.sessions.map(({ sessionId }) => sessionId)).toEqual(['s11', 's10', 's9', 's8']);
    world.now += 2 * MINUTE;
    await world.write('new');
    await world.write('s8');
    await world.write('s5');
    await world.session('s6').clearSession();
    for (let times = 0; times < 100; times++) await (await world.write('busy')).setDetails({ title: 'x' });
    expect(world.log().length).toBeLessThan(80);
    const second = await world.index().list({ limit: 4, cursor: first.cursor });
    expect(second.sessions.map(({ sessionId }) => sessionId)).toEqual(['s7', 's4', 's3', 's2']);
    const third = await world.index().list({ limit: 4, cursor: second.cursor });
    expect(third.sessions.map(({ sessionId }) => sessionId)).toEqual(['s1', 's0']);
    expect(third.cursor).toBeUndefined();
    expect((await world.ids()).slice(0, 4)).toEqual(['busy', 's5', 's8', 'new']);
  });

  test('the first page costs the end of the index, and one description for each session and one more', async () => {
    const world = new IndexWorld();
    for (let n = 0; n < 120; n++) await world.write(`s${n}`);
    const { store, requests } = recording(world.store());
    await world.index(store).list({ limit: 5 });
    expect(requests.filter(({ method }) => method === 'read').map(({ last }) => last)).toEqual([12]);
    expect(requests.filter(({ method }) => method === 'describe')).toHaveLength(6);
    expect(requests).toHaveLength(7);
  });

  test('a store that cannot describe is read', async () => {
    const world = new IndexWorld();
    await world.write('s1');
    const intact = world.store();
    const store: SessionStore = {
      read: (id, options) => intact.read(id, options),
      commit: (id, change) => intact.commit(id, change),
      clear: (id) => intact.clear(id),
    };
    expect(isDescribing(store)).toBe(false);
    await world.session('s2', {}, store).addItems([message('b'), message('c')]);
    await world.session('s2', {}, store).setDetails({ title: 't' });
    const { sessions } = await world.index(store).list();
    const described = {
      items: 2,
      bytes: expect.any(Number) as number,
      revision: expect.any(String) as string,
    };
    expect(sessions).toEqual([
      { sessionId: 's2', title: 't', ...described },
      { sessionId: 's1', ...described, items: 1 },
    ]);
    expect(await world.session('s2', {}, store).getDetails()).toEqual({ title: 't' });
  });

  test('sessions of one scope, and of an owner in it, are apart from all others', async () => {
    const world = new IndexWorld();
    const scope = ({ context }: { context: unknown }): string => (context as { tenant: string }).tenant;
    const store = world.store();
    const write = async (tenant: string, owner?: string): Promise<void> => {
      const session = new StoredSession(store, {
        sessionId: `of ${tenant}/${owner}`,
        scope,
        index: { owner },
      });
      await session.addItems([message('a')], inScope(tenant));
      await session.setDetails({ title: `${tenant}/${owner}` }, inScope(tenant));
    };
    await write('acme');
    await write('acme', 'ada');
    await write('other', 'ada');
    await world.write('unscoped');
    const listed = async (options: { scope?: string; owner?: string }): Promise<unknown> =>
      (await pagesOf(new SessionIndex(store, options), 5)).map(({ sessionId, title }) => [sessionId, title]);
    expect(await listed({ scope: 'acme' })).toEqual([['of acme/undefined', 'acme/undefined']]);
    expect(await listed({ scope: 'acme', owner: 'ada' })).toEqual([['of acme/ada', 'acme/ada']]);
    expect(await listed({ scope: 'other', owner: 'ada' })).toEqual([['of other/ada', 'other/ada']]);
    expect(await listed({ scope: 'other' })).toEqual([]);
    expect(await listed({ owner: 'ada' })).toEqual([['unscoped', undefined]]);
  });

  test('invalid options are refused, and nothing is sent', async () => {
    const { store, requests } = recording(new MemoryStore());
    const invalid: unknown[] = [
      {},
      { owner: '' },
      { owner: 7 },
      { owner: '\ud800' },
      { owner: 'x'.repeat(2_041) },
      { scope: '' },
      { scope: '\ud800' },
      { scope: 'acme', owner: '' },
      { owner: 'ada', onCorruptRecord: 'ignore' },
      { owner: 'ada', cache: {} },
    ];
    for (const options of invalid) {
      await expectCode('INVALID_ARGUMENT', () => new SessionIndex(store, options as never));
    }
    new SessionIndex(store, { owner: 'x'.repeat(2_040) });
    const index = new SessionIndex(store, { owner: 'ada' });
    for (const options of [
      ...[0, -1, 1.5, 101, '5', null].map((limit) => ({ limit })),
      ...['', 'x', '-1', '1e9', 5, null].map((cursor) => ({ cursor })),
      null,
    ]) {
      await expectCode('INVALID_ARGUMENT', () => index.list(options as never));
    }
    for (const options of [{ onProgress: 1 }, { signal: {} }, null]) {
      await expectCode('INVALID_ARGUMENT', () => index.erase(options as never));
    }
    for (const options of [{ index: {} }, { index: null }, { index: { owner: '' } }, { index: 'ada' }]) {
      await expectCode('INVALID_ARGUMENT', () => new StoredSession(store, options as never));
    }
    expect(requests).toEqual([]);
  });
});

describe('registering', () => {
  test('one write when a session begins and one when a minute has passed, no other', async () => {
    const world = new IndexWorld();
    const { store, requests } = recording(world.store());
    const session = world.session('chat', {}, store);
    const asked = async (work: () => Promise<unknown>): Promise<string[]> => {
      requests.length = 0;
      await work();
      return requests.map(({ method, sessionId }) => `${method} ${sessionId}`);
    };
    const add = (): Promise<void> => session.addItems([message('a')]);
    const index = '~/index/ada';
    expect(await asked(add)).toEqual([`read ${index}`, `commit ${index}`, 'commit chat']);
    world.now += MINUTE - 1;
    expect(await asked(add)).toEqual(['commit chat']);
    expect(await asked(() => session.popItem())).toEqual(['read chat', 'commit chat']);
    const another = world.session('chat', {}, store);
    expect(await asked(() => another.addItems([message('a')]))).toEqual([`read ${index}`, 'commit chat']);
    expect(await asked(() => session.getItems())).toEqual(['read chat']);
    world.now += 1;
    expect(await asked(add)).toEqual([`read ${index}`, `commit ${index}`, 'commit chat']);
    expect(await asked(() => another.addItems([message('a')]))).toEqual([`read ${index}`, 'commit chat']);
    const unlisted = world.session('unlisted', { index: undefined }, store);
    expect(await asked(() => unlisted.addItems([message('a')]))).toEqual(['commit unlisted']);
    expect(await asked(() => unlisted.clearSession())).toEqual(['clear unlisted', 'read ~/runs/unlisted']);
  });

  test('every way to write to a session registers it, and a fork', async () => {
    const world = new IndexWorld();
    const transaction = { type: 'append_items' as const, items: [message('b')] };
    const call = { type: 'function_call', callId: 'c', name: 'n', arguments: '{}' } as const;
    const ways: Record<string, (session: StoredSession) => Promise<unknown>> = {
      addItems: (session) => session.addItems([message('b')]),
      popItem: (session) => session.popItem(),
      transaction: (session) => session.applyHistoryTransaction({ operationId: 'o', transaction }),
      mutation: (session) =>
        session.applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c', replacement: { ...call, name: 'm' } }],
        }),
      compaction: (session) => session.replaceHistoryWithCompaction([message('b')]),
      rewrite: (session) => session.rewriteHistory(() => [message('b')]),
      fork: (session) => session.fork({ sessionId: 'of fork' }),
    };
    for (const [name, way] of Object.entries(ways)) {
      await world.session(name, { index: undefined }).addItems([message('a'), call]);
      await way(world.session(name));
    }
    expect((await world.ids()).sort()).toEqual(
      Object.keys(ways)
        .map((name) => (name === 'fork' ? 'of fork' : name))
        .sort(),
    );
  });

  test('where it fails, the session is not written to, and another try does it', async () => {
    const world = new IndexWorld();
    const session = world.session('chat', { replayId: 'r' }, dying(world.store(), 1, 'before'));
    await expectCode('STORE_UNAVAILABLE', () => session.addItems([message('a')]));
    expect(world.stored()).toEqual([]);
    await world.session('chat', { replayId: 'r' }).addItems([message('b')]);
    expect(await world.session('chat').getItems()).toEqual([message('b')]);
  });

  test('the title of a session that is taken up after many others is carried on', async () => {
    const world = new IndexWorld();
    await (await world.write('old')).setDetails({ title: 'of old' });
    for (let n = 0; n < 50; n++) await world.write(`s${n}`);
    world.now += MINUTE;
    await world.write('old');
    expect((await world.all())[0]).toMatchObject({ sessionId: 'old', title: 'of old' });
    expect(await world.session('old').getDetails()).toEqual({ title: 'of old' });
  });

  test('a session that begins beside many others does not read the whole index', async () => {
    const world = new IndexWorld();
    for (let n = 0; n < 50; n++) await world.write(`s${n}`);
    const { store, requests } = recording(world.store());
    await world.session('new', {}, store).addItems([message('a')]);
    expect(requests.map(({ method, last }) => [method, last])).toEqual([
      ['read', 16],
      ['describe', undefined],
      ['commit', undefined],
      ['commit', undefined],
    ]);
  });

  test('an entry of the future is no reason to register less, or more than once each time', async () => {
    const world = new IndexWorld();
    world.now += DAY;
    await world.write('ahead');
    world.now -= DAY;
    for (const id of ['a', 'b']) await world.write(id);
    expect(await world.ids()).toEqual(['b', 'a', 'ahead']);
    const session = await world.write('ahead');
    expect(await world.ids()).toEqual(['ahead', 'b', 'a']);
    const { length } = world.log();
    await session.addItems([message('b')]);
    expect(world.log()).toHaveLength(length);
  });

  test('reads that extend a session register it, once in a quarter of its time', async () => {
    const ttlSeconds = 30 * 86_400;
    const world = new IndexWorld({ ttlSeconds, ttlRefresh: 'access' });
    await world.write('read');
    await world.write('left');
    for (let reads = 0; reads < 100; reads++) {
      world.now += ttlSeconds * 20;
      expect(await world.session('read').getItems()).toHaveLength(1);
      expect(await world.ids()).toContain('read');
    }
    expect(await world.ids()).toEqual(['read']);
    expect(world.log().length).toBeLessThan(12);
    world.now += ttlSeconds * 1_000 - 1;
    expect(await world.ids()).toEqual(['read']);
    expect(await world.session('never').getItems()).toEqual([]);
    expect(world.log().some((text) => text.includes('never'))).toBe(false);
  });

  test.each(['write', 'never'] as const)(
    'an index outlives its sessions, with ttlRefresh %s',
    async (ttlRefresh) => {
      const world = new IndexWorld({ ttlSeconds: 1_000, ttlRefresh });
      const session = await world.write('chat');
      world.now += MINUTE - 1;
      await session.addItems([message('b')]);
      world.now += (ttlRefresh === 'write' ? 1_000_000 : 1_000_000 - MINUTE + 1) - 1;
      expect(await world.ids()).toEqual(['chat']);
      world.now += 2;
      expect(await world.ids()).toEqual([]);
      expect(world.log()).toHaveLength(1);
      world.now += DAY;
      expect(world.log()).toEqual([]);
    },
  );

  test('an index is rewritten before it grows far beyond its sessions, without what has expired for long', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    for (let n = 0; n < 10; n++) await (await world.write(`s${n}`)).setDetails({ title: `t${n}` });
    let most = 0;
    for (let n = 0; n < 2_000; n++) {
      world.now += MINUTE;
      await world.write('s3');
      most = Math.max(most, world.log().length);
    }
    expect(most).toBeLessThanOrEqual(2 * 10 + 64 + 1);
    expect(await world.all()).toMatchObject([{ sessionId: 's3', title: 't3' }]);
    expect(world.log().some((text) => text.includes('"s4"'))).toBe(false);
  });

  test('an index of sessions that begin, expire and never come back is bounded by those that live', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    let most = 0;
    for (let n = 0; n < 1_500; n++) {
      // 20 of them live at a time, and entries for a day: 108.
      world.now += 800_000;
      await (await world.write(`s${n}`)).setDetails({ title: `t${n}` });
      most = Math.max(most, world.log().length);
    }
    expect(most).toBeLessThan(2 * 110 + 64 + 2);
    for (let n = 0; n < 300; n++) await world.session(`s${1_499 - (n % 2)}`).setDetails({ title: 'x' });
    expect(world.log().length).toBeLessThan(2 * 110 + 64 + 2);
  });

  test('a listing does not read the whole index when it has met all sessions', async () => {
    const world = new IndexWorld();
    for (let n = 0; n < 60; n++) {
      world.now += MINUTE;
      await world.write(`s${n % 5}`);
    }
    const { store, requests } = recording(world.store());
    expect((await world.index(store).list()).sessions).toHaveLength(5);
    expect(requests.filter(({ method }) => method === 'read').map(({ last }) => last)).toEqual([42]);
  });

  test('an index that is too large to be rewritten is appended to, and seldom read', async () => {
    const world = new IndexWorld();
    const limited = world.store();
    const commit = limited.commit.bind(limited);
    limited.commit = async (id, change) => {
      if (change.drop === 'all') throw new SessionError('COMMIT_TOO_LARGE', 'too large');
      return commit(id, change);
    };
    const { store, requests } = recording(limited);
    for (let n = 0; n < 300; n++) {
      world.now += MINUTE;
      await world.session('chat', {}, store).addItems([message('a')]);
    }
    expect(world.log()).toHaveLength(300);
    expect(
      requests.filter(({ method, last }) => method === 'read' && last === undefined).length,
    ).toBeLessThan(7);
    await world.session('chat', {}, store).setDetails({ title: 't' });
    await world.session('chat', {}, store).clearSession();
    await world.session('chat', {}, store).addItems([message('a')]);
    expect(await world.all()).toMatchObject([{ sessionId: 'chat', items: 1 }]);
    expect(await world.session('chat').getDetails()).toBeUndefined();
  });
});

describe('what is gone', () => {
  test('is removed from the index after a day, when there is much of it', async () => {
    const world = new IndexWorld();
    for (let n = 0; n < 20; n++) await world.write(`s${n}`);
    for (let n = 0; n < 15; n++) await world.session(`s${n}`).clearSession();
    world.now += DAY + MINUTE;
    await world.all();
    expect(world.log()).toHaveLength(20);
    await world.session('s15').clearSession();
    expect(await world.ids()).toHaveLength(4);
    expect(world.log()).toHaveLength(4);
    await world.write('new');
    expect(await world.ids()).toEqual(['new', 's19', 's18', 's17', 's16']);
  });

  test('is not removed within a day, for a writer may have registered it and come yet', async () => {
    const world = new IndexWorld();
    const sessions = await Promise.all(Array.from({ length: 20 }, async (_, n) => world.write(`s${n}`)));
    for (const session of sessions) await session.clearSession();
    world.now += DAY;
    expect(await world.ids()).toEqual([]);
    expect(world.log()).toHaveLength(20);
  });

  test.each(['describe', 'read'] as const)(
    'is not removed where somebody begins it anew meanwhile, after a %s',
    async (method) => {
      const world = new IndexWorld();
      for (let n = 0; n < 20; n++) await (await world.write(`s${n}`)).clearSession();
      world.now += 2 * DAY;
      const store = world.store();
      let calls = 0;
      const isMoment = (isLast: boolean): boolean => isLast && ++calls === (method === 'read' ? 1 : 20);
      const intact = { read: store.read.bind(store), describe: store.describe.bind(store) };
      store.read = async (id, options) => {
        const history = await intact.read(id, options);
        if (method === 'read' && isMoment(options?.last === undefined)) await world.write('s7');
        return history;
      };
      store.describe = async (id) => {
        const description = await intact.describe(id);
        if (method === 'describe' && isMoment(true)) await world.write('s7');
        return description;
      };
      expect(await pagesOf(world.index(store), 100)).toEqual([]);
      expect(await world.ids()).toEqual(['s7']);
    },
  );
});

describe('details', () => {
  test('replace those before, are read by others, and are limited', async () => {
    const world = new IndexWorld();
    const session = await world.write('chat');
    expect(await session.getDetails()).toBeUndefined();
    const key = 'k'.repeat(64);
    const full: SessionDetails = {
      title: 'ä\ud800'.repeat(256),
      metadata: Object.fromEntries([
        ['__proto__', 'x'],
        [key, 'v'.repeat(512)],
        ...Array.from({ length: 14 }, (_, n) => [`k${n}`, '']),
      ]) as Record<string, string>,
    };
    await session.setDetails(full);
    const read = await world.session('chat').getDetails();
    expect(JSON.stringify(read)).toBe(JSON.stringify(full));
    expect(Object.keys((await world.all())[0]?.metadata ?? {})).toHaveLength(16);
    await session.setDetails({ metadata: {} });
    expect(await world.session('chat').getDetails()).toEqual({ metadata: {} });
    await session.setDetails({});
    expect(await session.getDetails()).toBeUndefined();
    expect((await world.all())[0]).not.toHaveProperty('title');
  });

  test('invalid ones are refused without their content, and nothing is sent', async () => {
    const world = new IndexWorld();
    const { store, requests } = recording(world.store());
    const session = world.session('chat', {}, store);
    const invalid: unknown[] = [
      undefined,
      null,
      SECRET,
      [SECRET],
      { title: SECRET.repeat(20) },
      { title: 7 },
      { metadata: SECRET },
      { metadata: { a: 7 } },
      { metadata: { a: SECRET.repeat(20) } },
      { metadata: { [SECRET.repeat(4)]: '' } },
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`${SECRET}${n}`, ''])) },
      {
        get title() {
          throw new Error(SECRET);
        },
      },
    ];
    for (const details of invalid) {
      const error = await expectCode('INVALID_ARGUMENT', () => session.setDetails(details as never));
      expect(textOf(error)).not.toContain(SECRET);
    }
    expect(requests).toEqual([]);
    const unlisted = world.session('chat', { index: undefined });
    await expectCode('INVALID_ARGUMENT', () => unlisted.setDetails({}));
    await expectCode('INVALID_ARGUMENT', () => unlisted.getDetails());
    await expectCode('CONFLICT', () => world.session('chat').setDetails({ title: 't' }));
    expect(world.log()).toEqual([]);
  });

  test('go with a session that is cleared, from the database too, and do not come back', async () => {
    const world = new IndexWorld();
    const other = await world.write('other');
    await other.setDetails({ title: 'kept' });
    const session = await world.write('chat');
    await session.setDetails({ title: SECRET });
    world.now += MINUTE;
    await world.write('chat');
    const writer = await world.write('chat');
    expect(world.contains(SECRET)).toBe(true);
    await session.clearSession();
    expect(world.contains(SECRET)).toBe(false);
    expect(await session.getDetails()).toBeUndefined();
    // It remembers that it has registered the session.
    await writer.addItems([message('anew')]);
    expect(await world.all()).toMatchObject([{ sessionId: 'chat', items: 1 }, { title: 'kept' }]);
    expect((await world.all())[0]).not.toHaveProperty('title');
    expect(await writer.getDetails()).toBeUndefined();
  });

  test('are not those of another session under the id, however the first has gone', async () => {
    for (const ttlRefresh of ['write', 'never'] as const) {
      const world = new IndexWorld({ ttlSeconds: 30, ttlRefresh });
      const session = await world.write('chat');
      await session.setDetails({ title: 'of the first' });
      world.now += 31_000;
      expect(await session.getDetails()).toBeUndefined();
      await session.addItems([message('anew')]);
      expect(await session.getDetails()).toBeUndefined();
      expect(await world.all()).toEqual([{ ...(await session.describe()), sessionId: 'chat' }]);
      await session.setDetails({ title: 'of the second' });
      // Cleared by somebody who knows of no index.
      await world.session('chat', { index: undefined }).clearSession();
      world.now += 1;
      await world.write('chat');
      expect(await world.session('chat').getDetails()).toBeUndefined();
    }
  });

  test('that are noted while another registers the session are not lost', async () => {
    const world = new IndexWorld();
    const session = await world.write('chat');
    world.now += MINUTE;
    const store = world.store();
    const commit = store.commit.bind(store);
    let isFirst = true;
    store.commit = async (id, change) => {
      if (id === '~/index/ada' && isFirst) {
        isFirst = false;
        await session.setDetails({ title: 'meanwhile' });
      }
      return commit(id, change);
    };
    await world.session('chat', {}, store).addItems([message('b')]);
    expect(isFirst).toBe(false);
    expect(await world.all()).toMatchObject([{ title: 'meanwhile', items: 2 }]);
  });
});

describe('an entry that cannot be decoded', () => {
  const put = async (world: IndexWorld, record: string): Promise<void> => {
    await world.store().commit('~/index/ada', { idempotencyKey: `k${record.length}`, append: [record] });
  };
  const entry = { sessionId: 's', at: 1, records: 1, kept: 0, sessions: 1, format: 1 };

  test.each([
    ['nonsense', 'CORRUPT_RECORD'],
    ['{}', 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, sessionId: '' }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, at: 1.5 }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, at: -1 }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, records: '1' }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, kept: undefined }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, until: 'x' }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, title: 7 }), 'CORRUPT_RECORD'],
    [JSON.stringify({ ...entry, format: 2 }), 'UNSUPPORTED_FORMAT'],
  ] as const)('%s is %s, and the session is not written to', async (record, code) => {
    const world = new IndexWorld();
    await world.write('before');
    await put(world, record);
    await expectCode(code, () => world.index().list());
    await expectCode(code, () => world.index().erase());
    await expectCode(code, () => world.write('chat'));
    await expectCode(code, () => world.session('before').getDetails());
    expect(world.stored()).toEqual(['before']);
  });

  test('is read past where that is asked for, and stays when the index is rewritten', async () => {
    const world = new IndexWorld();
    await world.write('before');
    await put(world, 'nonsense');
    for (let n = 0; n < 100; n++) {
      world.now += MINUTE;
      await world.session('chat', { onCorruptRecord: 'skip' }).addItems([message('a')]);
    }
    const index = new SessionIndex(world.store(), { owner: 'ada', onCorruptRecord: 'skip' });
    expect((await index.list()).sessions.map(({ sessionId }) => sessionId)).toEqual(['chat', 'before']);
    expect(world.log().length).toBeLessThan(70);
    expect(world.log()).toContain('nonsense');
  });
});

describe('a process that dies at any of its changes', () => {
  const steps: Record<string, (world: IndexWorld, store: SessionStore) => Promise<unknown>> = {
    begins: (world, store) => world.session('new', {}, store).addItems([message('a')]),
    'goes on later': (world, store) => world.session('old', {}, store).addItems([message('b')]),
    'notes details': (world, store) => world.session('old', {}, store).setDetails({ title: 'noted' }),
    forks: (world, store) => world.session('old', {}, store).fork({ sessionId: 'fork' }),
    clears: (world, store) => world.session('old', {}, store).clearSession(),
    'clears and begins anew': async (world, store) => {
      const session = world.session('old', {}, store);
      await session.clearSession();
      await session.addItems([message('anew')]);
    },
    'rewrites the index': async (world, store) => {
      for (let n = 0; n < 4; n++) {
        world.now += MINUTE;
        await world.session('old', {}, store).addItems([message('b')]);
      }
      expect(world.log().length).toBeLessThan(7);
    },
  };

  test.each(Object.entries(steps))('%s', async (name, step) => {
    for (const moment of ['before', 'after'] as const) {
      let isDead = true;
      for (let change = 1; isDead; change++) {
        const world = new IndexWorld();
        await (await world.write('other')).setDetails({ title: 'of other' });
        await (await world.write('old')).setDetails({ title: SECRET });
        // So that an index is due that is written to a few times more.
        for (let n = 0; name === 'rewrites the index' && n < 58; n++) {
          world.now += MINUTE;
          await world.write('old');
        }
        world.now += MINUTE;
        try {
          await step(world, dying(world.store(), change, moment));
          isDead = false;
        } catch (error) {
          if (!SessionError.is(error, 'STORE_UNAVAILABLE')) throw error;
        }
        const sessions = await world.all();
        expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(world.stored().sort());
        expect(sessions.find(({ sessionId }) => sessionId === 'other')?.title).toBe('of other');
        if (!world.stored().includes('old')) {
          expect(world.contains(SECRET)).toBe(false);
          await world.write('old');
          expect(await world.session('old').getDetails()).toBeUndefined();
        }
      }
    }
  });
});

describe('erasing', () => {
  const waiting = JSON.stringify({
    $schemaVersion: '1.22',
    currentStep: { data: { interruptions: [{ rawItem: { callId: 'c1', name: SECRET } }] } },
  });

  async function filled(world: IndexWorld): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const session = await world.write(`s${n}`, SECRET);
      await session.setDetails({ title: SECRET, metadata: { [SECRET]: SECRET } });
      if (n % 3 === 0) await session.savePendingRun(waiting);
    }
    await world.session('s1').fork({ sessionId: 'fork' });
    await world.session('s2').clearSession();
  }

  test('leaves nothing of what is listed, and all else', async () => {
    const world = new IndexWorld();
    await filled(world);
    await world.session('of bob', { index: { owner: 'bob' } }).addItems([message('b')]);
    const cache = new HistoryCache({ maxBytes: 1_000_000 });
    const store = world.store();
    const reader = world.session('s3', { cache }, store);
    await reader.getItems();
    await world.session('of bob', { cache }, store).getItems();
    expect(cache.stats.entries).toBe(2);
    expect(world.contains(SECRET)).toBe(true);
    const progress: unknown[] = [];
    const index = new SessionIndex(store, { owner: 'ada', cache });
    const report = await index.erase({ onProgress: (each) => void progress.push(each) });
    expect(report).toEqual({ sessions: 20 });
    expect(progress).toEqual([
      { sessions: 7, remaining: 13 },
      { sessions: 15, remaining: 5 },
      { sessions: 20, remaining: 0 },
    ]);
    expect(world.contains(SECRET)).toBe(false);
    expect(world.stored()).toEqual(['of bob']);
    expect(cache.stats.entries).toBe(1);
    expect(world.sessions.get('~/index/ada')?.revision).toBe('0');
    expect(await index.erase()).toEqual({ sessions: 0 });
    expect(await reader.getItems()).toEqual([]);
  });

  test('what has expired and is listed is erased too', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    await filled(world);
    world.now += 1_000_001;
    expect(world.contains(SECRET)).toBe(true);
    expect(await world.index().erase()).toEqual({ sessions: 0 });
    expect(world.contains(SECRET)).toBe(false);
  });

  test('in a scope, pending runs of others stay', async () => {
    const world = new IndexWorld();
    const scope = (): string => 'acme';
    const run = inScope('acme');
    for (const owner of ['ada', 'bob']) {
      for (const sessionId of [`1 of ${owner}`, `2 of ${owner}`]) {
        const session = world.session(sessionId, { scope, index: { owner } });
        await session.addItems([message('a')], run);
        await session.savePendingRun(waiting, run);
      }
    }
    const index = new SessionIndex(world.store(), { scope: 'acme', owner: 'ada' });
    expect(await index.erase()).toEqual({ sessions: 2 });
    const left = await world.session('any', { scope }).pendingRuns(run);
    expect(left.map(({ sessionId }) => sessionId)).toEqual(['1 of bob', '2 of bob']);
  });

  test('comes to the same end wherever it was interrupted before', async () => {
    for (const moment of ['before', 'after'] as const) {
      let isDead = true;
      for (let change = 1; isDead; change += 3) {
        const world = new IndexWorld();
        await filled(world);
        try {
          await world.index(dying(world.store(), change, moment)).erase();
          isDead = false;
        } catch (error) {
          if (!SessionError.is(error, 'STORE_UNAVAILABLE')) throw error;
        }
        const listed = await world.ids();
        expect(listed.sort()).toEqual(world.stored().sort());
        expect(await world.index().erase()).toEqual({ sessions: listed.length });
        expect(world.contains(SECRET)).toBe(false);
        expect(world.stored()).toEqual([]);
      }
    }
  });

  test('its signal ends it, and the next call goes on', async () => {
    const world = new IndexWorld();
    await filled(world);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => controller.abort(reason);
    const error = await expectCode('ABORTED', () =>
      world.index().erase({ signal: controller.signal, onProgress }),
    );
    expect(error.cause).toBe(reason);
    expect(await world.ids()).toHaveLength(13);
    await expectCode('ABORTED', () => world.index().erase({ signal: controller.signal }));
    expect(await world.index().erase()).toEqual({ sessions: 13 });
  });

  test('a session that begins anew meanwhile is erased once more', async () => {
    const world = new IndexWorld();
    await filled(world);
    const writes: Promise<unknown>[] = [];
    const onProgress = (): void => {
      if (writes.length > 0) return;
      world.now += 2 * MINUTE;
      // It was erased a moment ago.
      writes.push(world.write('fork'));
    };
    const { sessions } = await world.index().erase({ onProgress });
    await Promise.all(writes);
    expect(sessions).toBe(21);
    expect([await world.ids(), world.stored()]).toEqual([[], []]);
  });
});

test('any mix of writes, clears, forks, titles, erasures and time is listed as a model says', async () => {
  const OWNERS = ['ada', 'bob', 'ad'] as const;
  const TTL_SECONDS = 1_000;
  interface Known {
    writtenAt: number;
    /** When it was last written, or something noted of it. */
    movedAt: number;
    title: string | undefined;
  }
  const owner = fc.constantFrom(...OWNERS);
  const id = fc.integer({ min: 0, max: 24 }).map((n) => `s${n}`);
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ what: fc.constant('write' as const), owner, id, isKept: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('title' as const), owner, id }) },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constant('clear' as const), owner, id, isKept: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('fork' as const), owner, id, to: id }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('erase' as const), owner }) },
    {
      weight: 3,
      arbitrary: fc.record({
        what: fc.constant('wait' as const),
        ms: fc.constantFrom(1, MINUTE - 1, MINUTE, 400_000, TTL_SECONDS * 1_000, 2 * DAY),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      const world = new IndexWorld({ ttlSeconds: TTL_SECONDS });
      const known = new Map<string, Known>();
      const kept = new Map<string, StoredSession>();
      let titles = 0;
      const keyOf = (of: string, sessionId: string): string => `${of} ${sessionId}`;
      const open = (of: string, sessionId: string, isKept: boolean): StoredSession => {
        const key = keyOf(of, sessionId);
        const session = (isKept ? kept.get(key) : undefined) ?? world.session(key, { index: { owner: of } });
        kept.set(key, session);
        return session;
      };
      const alive = (key: string): Known | undefined => {
        const session = known.get(key);
        return session && session.writtenAt + TTL_SECONDS * 1_000 > world.now ? session : undefined;
      };
      for (const each of steps) {
        world.now += 10;
        if (each.what === 'wait') {
          world.now += each.ms;
        } else if (each.what === 'erase') {
          await new SessionIndex(world.store(), { owner: each.owner }).erase();
          for (const key of [...known.keys()].filter((key) => key.startsWith(`${each.owner} `))) {
            known.delete(key);
            kept.delete(key);
          }
        } else {
          const key = keyOf(each.owner, each.id);
          const session = open(each.owner, each.id, each.what === 'write' && each.isKept);
          if (each.what === 'write') {
            await session.addItems([message('a')]);
            known.set(key, { title: alive(key)?.title, writtenAt: world.now, movedAt: world.now });
          } else if (each.what === 'clear') {
            await session.clearSession();
            known.delete(key);
          } else if (each.what === 'title') {
            const title = `t${++titles}`;
            const there = alive(key);
            if (!there) await expectCode('CONFLICT', () => session.setDetails({ title }));
            else {
              await session.setDetails({ title });
              there.title = title;
              there.movedAt = world.now;
            }
          } else {
            const to = keyOf(each.owner, each.to);
            if (!alive(key) || alive(to) || to === key) continue;
            await session.fork({ sessionId: to });
            known.set(to, { title: undefined, writtenAt: world.now, movedAt: world.now });
          }
        }
      }
      for (const each of OWNERS) {
        const expected = [...known.keys()].filter((key) => key.startsWith(`${each} `) && alive(key)).sort();
        const listed = await pagesOf(new SessionIndex(world.store(), { owner: each }), 3);
        expect(listed.map(({ sessionId }) => sessionId).sort()).toEqual(expected);
        for (const { sessionId, title } of listed) {
          expect(title).toBe(alive(sessionId)?.title);
        }
        const times = listed.map(({ sessionId }) => alive(sessionId)?.movedAt ?? NaN);
        for (const [index, time] of times.slice(1).entries()) {
          expect(time).toBeLessThanOrEqual((times[index] ?? NaN) + MINUTE + 100);
        }
      }
    }),
    { numRuns: 150 },
  );
});
