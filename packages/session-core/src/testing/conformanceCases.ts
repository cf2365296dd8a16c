import { appending } from './cases/appending';
import { clearing } from './cases/clearing';
import { compaction } from './cases/compaction';
import { concurrency } from './cases/concurrency';
import { dropping } from './cases/dropping';
import { expiry } from './cases/expiry';
import { fencing } from './cases/fencing';
import { isolation } from './cases/isolation';
import { operations } from './cases/operations';
import { reading } from './cases/reading';
import { receipts } from './cases/receipts';
import { records } from './cases/records';
import { retrying } from './cases/retrying';
import { revisions } from './cases/revisions';
import { rewriting } from './cases/rewriting';
import { session } from './cases/session';
import { transactions } from './cases/transactions';
import { ttlRefresh } from './cases/ttlRefresh';
import type { CaseContext, Cases, ConformanceCase, StoreHarness } from './harness';

const GROUPS: Readonly<Record<string, Cases>> = {
  reading,
  appending,
  dropping,
  records,
  retrying,
  revisions,
  operations,
  clearing,
  isolation,
  concurrency,
  expiry,
  ttlRefresh,
  session,
  transactions,
  rewriting,
  compaction,
  receipts,
  fencing,
};

/** All cases, named `group: what must hold`. Left out are those on options that the store does not have. */
export function conformanceCases(harness: StoreHarness): ConformanceCase[] {
  const expires = harness.elapse !== 'never expires';
  const leftOut: Readonly<Record<string, boolean>> = {
    expiry: !expires,
    ttlRefresh: !expires || harness.ttlRefresh !== true,
  };
  return Object.entries(GROUPS)
    .filter(([group]) => leftOut[group] !== true)
    .flatMap(([group, cases]) =>
      Object.entries(cases).map(([name, run]) => ({
        name: `${group}: ${name}`,
        run: async () => run(await contextOf(harness)),
      })),
    );
}

async function contextOf(harness: StoreHarness): Promise<CaseContext> {
  const { elapse } = harness;
  return {
    store: await harness.createStore({}),
    openStore: async (options = {}) => harness.createStore(options),
    contains: (sessionId, text) => harness.contains(sessionId, text),
    elapse: async (sessionId, ms) => {
      if (elapse === 'never expires') throw new Error('this store never expires');
      await elapse(sessionId, ms);
    },
    newId: (start = 'session') => `${start}-${globalThis.crypto.randomUUID()}`,
  };
}
