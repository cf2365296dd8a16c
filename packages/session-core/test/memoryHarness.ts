import { MemoryStore, type MemorySessions } from '../src';
import type { StoreHarness } from '../src/testing';

/** Over a database and a clock of its own. */
export function memoryHarness(): StoreHarness {
  const sessions: MemorySessions = new Map();
  let time = Date.now();
  return {
    createStore: (options) => new MemoryStore({ ...options, sessions, now: () => time }),
    contains: (sessionId, text) =>
      Promise.resolve(
        (sessions.get(sessionId)?.records ?? []).some((record) => Buffer.from(record).includes(text)),
      ),
    elapse: (_sessionId, ms) => {
      time += ms;
      return Promise.resolve();
    },
    ttlRefresh: true,
    observe: true,
  };
}
