import type { AgentInputItem } from '@openai/agents';
import { itemTexts } from '../src/records/itemJson';
import { plainCodec } from '../src/records/recordCodec';
import { encodeTransaction, parseTransaction } from '../src/session/historyTransaction';
import { storedSessionId } from '../src/session/sessionId';
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
});
