import type { AgentInputItem } from '@openai/agents';
import { MemoryStore, SessionIndex, StoredSession } from '../src';
import { itemTexts } from '../src/records/itemJson';
import { codecOf, plainCodec } from '../src/records/recordCodec';
import { encodeTransaction, parseTransaction } from '../src/session/historyTransaction';
import { indexId, pendingRunsId, storedSessionId } from '../src/session/sessionId';
import type { StoredRecord } from '../src/store';
import * as compressed from './fixtures/compressedRecords';
import * as format1 from './fixtures/format1';
import { isSame } from './support';

/* What was stored once is read by every later version. */

type NamedRecord = readonly [name: string, record: StoredRecord, item: unknown];

/** Of every format that a record was ever written in. */
const RECORDS: readonly NamedRecord[] = [
  ...Object.entries(format1.records).map(([name, stored]): NamedRecord => [`${name} as text`, ...stored]),
  ...Object.entries(compressed.records).map(([name, [record, item]]): NamedRecord => [
    `${name}, compressed`,
    Buffer.from(record, 'base64'),
    item,
  ]),
];

const formatOf = (record: StoredRecord | undefined): unknown =>
  typeof record === 'string' ? 'text' : record?.[0];

describe.each([false, true])('records, read and written with compression %s', (compression) => {
  const codec = codecOf({ compression });

  test.each(RECORDS)('%s is read as it was stored', async (_name, record, item) => {
    expect(isSame(await codec.decode([record]), [item])).toBe(true);
  });

  test('are read in one history', async () => {
    const items = RECORDS.map(([, , item]) => item);
    expect(isSame(await codec.decode(RECORDS.map(([, record]) => record)), items)).toBe(true);
  });

  test('are written in a format that is among them, and read again', async () => {
    const known = new Set(RECORDS.map(([, record]) => formatOf(record)));
    for (const [, , item] of RECORDS) {
      const written = await codec.encode(itemTexts([item as AgentInputItem]));
      expect(known).toContain(formatOf(written[0]));
      expect(isSame(await codec.decode(written), [item])).toBe(true);
    }
  });
});

test.each(Object.entries(compressed.records))('%s is written compressed', async (_name, [, item]) => {
  const [record] = await codecOf({ compression: true }).encode(itemTexts([item as AgentInputItem]));
  expect(formatOf(record)).toBe(1);
});

describe('format 1', () => {
  test.each(Object.entries(format1.records))('%s is written in it', (_name, [record, item]) => {
    expect(plainCodec.encode(itemTexts([item as AgentInputItem]))).toEqual([record]);
  });

  test.each(Object.entries(format1.operations))(
    'the operation of %s is recognised',
    async (_name, [args, operation]) => {
      expect((await encodeTransaction(parseTransaction(args), plainCodec)).operation).toEqual(operation);
    },
  );

  test.each(format1.storedIds)('session %j in scope %j is found', (sessionId, scope, stored) => {
    expect(storedSessionId(sessionId, scope)).toBe(stored);
  });

  test.each(format1.pendingRunsIds)(
    'pending runs of %j in scope %j are found',
    (sessionId, scope, stored) => {
      expect(pendingRunsId(sessionId, scope)).toBe(stored);
    },
  );

  test.each(format1.indexIds)('the index of %j in scope %j is found', (owner, scope, stored) => {
    expect(indexId(owner, scope)).toBe(stored);
  });

  test('an index is read as it was stored, and gone on with', async () => {
    const store = new MemoryStore({ now: () => 1_700_000_000_000 });
    for (const id of ['chat', 'other']) {
      await store.commit(id, { idempotencyKey: 'k', append: ['{"role":"user","content":"a"}'] });
    }
    await store.commit('~/index/ada', { idempotencyKey: 'k', append: format1.indexLog });
    const index = new SessionIndex(store, { owner: 'ada' });
    const listed = async (): Promise<string[]> =>
      (await index.list()).sessions.map(({ sessionId, title, metadata }) =>
        JSON.stringify({ sessionId, title, metadata }),
      );
    expect(await listed()).toEqual(format1.indexListed);
    const session = new StoredSession(store, { sessionId: 'other', index: { owner: 'ada' } });
    await session.addItems([{ role: 'user', content: 'b' }]);
    expect(await listed()).toEqual(format1.indexListed.toReversed());
  });

  test('pending runs are read as they were stored', async () => {
    const store = new MemoryStore();
    const id = { idempotencyKey: 'k' };
    await store.commit('chat', { ...id, append: ['{"role":"user","content":"Pay"}'] });
    const append = format1.pendingRuns.map((record) => record.replace('"R"', '"k"'));
    await store.commit('~/runs/chat', { ...id, append });
    const session = new StoredSession(store, { sessionId: 'chat' });
    expect(await session.pendingRuns()).toEqual([format1.pendingRun]);
    const decisions: unknown[] = [];
    const restore = (text: string) => ({
      text,
      getInterruptions: () => [{ rawItem: { callId: 'c1' } }, { rawItem: { callId: 'c2' } }] as never[],
      approve: ({ rawItem }: { rawItem: unknown }) => void decisions.push(['approve', rawItem]),
      reject: (_item: unknown, options: unknown) => void decisions.push(['reject', options]),
    });
    const taken = await session.takePendingRun(format1.pendingRun.id, { restore });
    expect(taken?.state.text).toBe('{"$schemaVersion":"1.22"}');
    expect(decisions).toEqual([
      ['approve', { callId: 'c1' }],
      ['reject', { message: 'No.' }],
    ]);
  });
});
