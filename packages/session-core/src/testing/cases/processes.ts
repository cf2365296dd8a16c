import type { HistoryChange, SessionStore } from '../../store/sessionStore';
import { checkEqual, commit, newIdempotencyKey, texts } from '../check';
import type { Cases } from '../harness';
import { checkPoppers, checkWriters } from './concurrency';

const PROCESSES = 3;
const ROUNDS = 10;

export const processes: Cases = {
  'of writers in several processes every record is there once, in order, each commit contiguous': async ({
    inProcesses,
    newId,
  }) => {
    await inProcesses(PROCESSES, (stores) => checkWriters(stores, newId()));
  },

  'of poppers in several processes none gets what another got': async ({ inProcesses, newId }) => {
    await inProcesses(PROCESSES, (stores) => checkPoppers(stores, newId()));
  },

  'of what several processes try at once one goes in: by idempotency key, by operation id, by revision':
    async ({ inProcesses, newId }) => {
      await inProcesses(PROCESSES, async (stores) => {
        const [store] = stores as [SessionStore];
        for (let round = 0; round < ROUNDS; round++) {
          const id = newId();
          const ifRevision = await commit(store, id, { append: texts('a', 1) });
          const everyone = async (change: Partial<HistoryChange>): Promise<string[]> => {
            const all = { append: texts('b', 2), ...change };
            const tries = stores.map((each) =>
              each.commit(id, { idempotencyKey: newIdempotencyKey(), ...all }),
            );
            return (await Promise.all(tries)).map(({ status }) => status).sort();
          };
          const others = <T>(status: T): T[] => Array.from({ length: PROCESSES - 1 }, () => status);
          checkEqual(
            await everyone({ ifRevision }),
            ['committed', ...others('conflict')].sort(),
            'at a revision',
          );
          checkEqual(
            await everyone({ operation: { id: 'o', fingerprint: 'f' } }),
            ['committed', ...others('repeated')],
            'one operation',
          );
          checkEqual(
            await everyone({ idempotencyKey: newIdempotencyKey() }),
            ['committed', ...others('committed')],
            'one commit',
          );
          checkEqual((await store.read(id)).records.length, 1 + 3 * 2, 'how many records there are');
        }
      });
    },
};
