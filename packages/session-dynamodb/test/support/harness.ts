import type { StoreHarness } from '@agent-sessions/session-core/testing';
import type { TestTable } from './table';

/** The kit over a table, by a clock of its own. */
export function harnessOf(table: TestTable): StoreHarness {
  let time = Date.now();
  return {
    ttlRefresh: true,
    observe: true,
    createStore: (bounds) => table.open(bounds, () => time),
    contains: (sessionId, text) => table.contains(sessionId, text),
    // The engine never deletes what has expired; DynamoDB does.
    elapse: async (sessionId, ms) => {
      time += ms;
      await table.expire(sessionId, time);
    },
  };
}
