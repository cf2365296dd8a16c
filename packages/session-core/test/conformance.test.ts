import { MemoryStore, type MemorySessions } from '../src';
import { conformanceCases } from '../src/testing';

let time = Date.now();
const sessions: MemorySessions = new Map();

const cases = conformanceCases({
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
});

describe('MemoryStore', () => {
  for (const { name, run } of cases) test(name, run);
});
