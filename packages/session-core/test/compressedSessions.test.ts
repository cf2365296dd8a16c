import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { HistoryCache, MemoryStore, StoredSession, type SessionOptions } from '../src';
import { pendingRunsId } from '../src/session/sessionId';
import { expectCode, message } from './support';

/*
 * Two objects of one session, one that compresses and one that does not: what one writes, the other takes for its own.
 */

const TEXT = 'It is the same to a session whether an item is stored as it is, or compressed. ';
const long = (name: string): AgentInputItem => message(name + TEXT.repeat(3));

interface Both {
  readonly store: MemoryStore;
  readonly plain: StoredSession;
  readonly compressing: StoredSession;
}

function both(options: SessionOptions = {}): Both {
  const store = new MemoryStore();
  const open = (compression: boolean): StoredSession =>
    new StoredSession(store, { sessionId: 's', ...options, compression });
  return { store, plain: open(false), compressing: open(true) };
}

/** `text` or `bytes` for each record. */
const formats = async (store: MemoryStore, id = 's'): Promise<string[]> =>
  (await store.read(id)).records.map((record) => (typeof record === 'string' ? 'text' : 'bytes'));

test('off by default; on, it compresses what gets smaller, and both read all', async () => {
  const { store, plain, compressing } = both();
  await new StoredSession(store, { sessionId: 's' }).addItems([long('a')]);
  await compressing.addItems([long('b'), { x: 1 } as never]);
  await plain.addItems([long('c')]);
  expect(await formats(store)).toEqual(['text', 'bytes', 'text', 'text']);
  const items = [long('a'), long('b'), { x: 1 }, long('c')];
  for (const session of [plain, compressing]) expect(await session.getItems()).toEqual(items);
  for (const [session, popped] of [
    [compressing, items[3]],
    [plain, items[2]],
    [plain, items[1]],
    [compressing, items[0]],
  ] as const) {
    expect(await session.popItem()).toEqual(popped);
  }
});

test.each([undefined, true, false])(
  'compression %p is taken, and anything else is refused',
  async (compression) => {
    new StoredSession(new MemoryStore(), { compression });
    for (const other of [null, 1, 'true', {}]) {
      await expectCode(
        'INVALID_ARGUMENT',
        () => new StoredSession(new MemoryStore(), { compression: other as never }),
      );
    }
  },
);

test('a transaction is the same, and its expected suffix is found in either form', async () => {
  const { store, plain, compressing } = both();
  await plain.addItems([long('a')]);
  await compressing.addItems([long('b')]);
  const replace: SessionHistoryTransactionArgs = {
    operationId: 'o1',
    transaction: { type: 'replace_suffix', expectedSuffix: [long('a'), long('b')], replacement: [long('c')] },
  };
  await compressing.applyHistoryTransaction(replace);
  await plain.applyHistoryTransaction(replace);
  const append: SessionHistoryTransactionArgs = {
    operationId: 'o2',
    transaction: { type: 'append_items', items: [long('d')] },
  };
  await plain.applyHistoryTransaction(append);
  await compressing.applyHistoryTransaction(append);
  expect(await plain.getItems()).toEqual([long('c'), long('d')]);
  expect(await formats(store)).toEqual(['bytes', 'text']);
});

test('a replay recognises writes that were made with the other setting', async () => {
  const { store, plain, compressing } = both({ replayId: 'step-1' });
  await plain.addItems([long('a')]);
  await compressing.addItems([long('a')]);
  await compressing.addItems([long('b')]);
  await plain.addItems([long('b')]);
  expect(await formats(store)).toEqual(['text', 'bytes']);
});

test('a rewrite keeps what it does not touch, byte for byte, and what others append meanwhile', async () => {
  const { store, plain, compressing } = both();
  const call = { type: 'function_call', callId: 'c1', name: 'pay', arguments: TEXT } as const;
  await plain.addItems([long('a'), call]);
  await compressing.addItems([long('b')]);
  const mutations = [
    { type: 'replace_function_call', callId: 'c1', replacement: { ...call, arguments: '{}' } },
  ] as const;
  await compressing.applyHistoryMutations({ mutations: [...mutations] });
  expect(await formats(store)).toEqual(['text', 'bytes', 'bytes']);
  const result = await compressing.rewriteHistory(async (items) => {
    await plain.addItems([long('d')]);
    return [long(`${items.length} items`)];
  });
  expect(result).toEqual({ status: 'rewritten', kept: 1 });
  expect(await plain.getItems()).toEqual([long('3 items'), long('d')]);
  expect(await formats(store)).toEqual(['bytes', 'text']);
});

test('a history is compressed, and made plain again, by a rewrite', async () => {
  const { store, plain, compressing } = both();
  await plain.addItems([long('a'), long('b')]);
  await compressing.rewriteHistory((items) => items);
  expect(await formats(store)).toEqual(['bytes', 'bytes']);
  await plain.rewriteHistory((items) => items);
  expect(await formats(store)).toEqual(['text', 'text']);
});

test('a fork copies records as they are, and is recognised after they were compressed', async () => {
  const { store, plain, compressing } = both();
  await plain.addItems([long('a')]);
  await compressing.addItems([long('b')]);
  const fork = await plain.fork({ sessionId: 'fork' });
  expect((await store.read('fork')).records).toEqual((await store.read('s')).records);
  await fork.addItems([long('c')]);
  await compressing.rewriteHistory((items) => items);
  await compressing.fork({ sessionId: 'fork' });
  expect(await formats(store, 'fork')).toEqual(['text', 'bytes', 'text']);
});

test('pending runs are compressed, and taken with either setting', async () => {
  const { store, plain, compressing } = both();
  const state = (text: string): string =>
    JSON.stringify({
      $schemaVersion: '1.22',
      currentStep: {
        type: 'next_step_interruption',
        data: { interruptions: [{ rawItem: { type: 'function_call', callId: 'c1', name: 'pay' } }] },
      },
      text,
    });
  const restore = (text: string) => ({ text, getInterruptions: () => [], approve: fail, reject: fail });
  for (const session of [plain, compressing]) {
    await session.addItems([long('a')]);
    await session.savePendingRun(state(TEXT));
  }
  expect(await formats(store, pendingRunsId('s'))).toEqual(['text', 'bytes', 'bytes']);
  for (const reader of [plain, compressing]) expect(await reader.pendingRuns()).toHaveLength(2);
  const [, run] = await plain.pendingRuns();
  const taken = await plain.takePendingRun(run?.id ?? '', { restore });
  expect(taken?.state.text).toBe(state(TEXT));
});

describe('a cache', () => {
  test('is shared by both', async () => {
    const cache = new HistoryCache({ maxBytes: 1_000_000 });
    const { plain, compressing } = both({ cache });
    await plain.addItems([long('a')]);
    await compressing.getItems();
    await compressing.addItems([long('b')]);
    for (const session of [plain, compressing]) {
      expect(await session.getItems()).toEqual([long('a'), long('b')]);
    }
    expect(cache.stats).toMatchObject({ hits: 2, misses: 1 });
  });

  test('counts what an item takes, not its compressed record', async () => {
    const content = 'x'.repeat(10_000);
    for (const [item, least] of [
      [message(content), 10_000],
      [message(`${content}語`), 20_000],
      [{ ...message(''), providerData: { bytes: new Uint8Array(10_000), list: [content, null] } }, 20_000],
    ] as const) {
      const cache = new HistoryCache({ maxBytes: 1_000_000 });
      const { compressing } = both({ cache });
      await compressing.addItems([item]);
      await compressing.getItems();
      expect(cache.stats.bytes).toBeGreaterThan(least);
      await compressing.addItems(Array.from({ length: 100 }, () => item));
      await compressing.getItems();
      expect(cache.stats.entries).toBe(0);
    }
  });
});

function fail(): never {
  throw new Error('nothing was decided');
}
