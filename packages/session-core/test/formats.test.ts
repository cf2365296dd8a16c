import type { AgentInputItem } from '@openai/agents';
import { MemoryStore, StoredSession } from '../src';
import { itemTexts } from '../src/records/itemJson';
import { plainCodec } from '../src/records/recordCodec';
import { encodeTransaction, parseTransaction } from '../src/session/historyTransaction';
import { indexId, pendingRunsId, storedSessionId } from '../src/session/sessionId';
import * as format1 from './fixtures/format1';
import { isSame } from './support';

/* What was stored once is read by every later version. */

describe('format 1', () => {
  test.each(Object.entries(format1.records))('%s is read as it was stored', (_name, [record, item]) => {
    expect(isSame(plainCodec.decode([record]), [item])).toBe(true);
  });

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
