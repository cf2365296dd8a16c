import { appending } from './cases/appending';
import { clearing } from './cases/clearing';
import { compaction } from './cases/compaction';
import { concurrency } from './cases/concurrency';
import { describing, describingAccess, describingExpiry } from './cases/describing';
import { dropping } from './cases/dropping';
import { expiry } from './cases/expiry';
import { fencing } from './cases/fencing';
import { fixtureCases } from './cases/fixtures';
import { forking } from './cases/forking';
import { harnessCases } from './cases/harness';
import { isolation } from './cases/isolation';
import { listing, listingExpiry } from './cases/listing';
import { observing } from './cases/observing';
import { operations } from './cases/operations';
import { pendingRuns, pendingRunsAfterExpiry } from './cases/pendingRuns';
import { processes } from './cases/processes';
import { races } from './cases/races';
import { reading } from './cases/reading';
import { readingAfter, readingAfterExpiry } from './cases/readingAfter';
import { caching } from './cases/caching';
import { receipts } from './cases/receipts';
import { records } from './cases/records';
import { replays } from './cases/replays';
import { retrying } from './cases/retrying';
import { revisions } from './cases/revisions';
import { rewriting } from './cases/rewriting';
import { session } from './cases/session';
import { transactions } from './cases/transactions';
import { ttlRefresh } from './cases/ttlRefresh';
import { unreachableCases } from './cases/unreachable';
import type { CaseContext, Cases, ConformanceCase, StoreHarness } from './harness';
import { inProcesses } from './storeProcess';

/** All cases, named `group: what must hold`. Left out are those on what the store does not have, or the harness does not give. */
export function conformanceCases(harness: StoreHarness): ConformanceCase[] {
  return Object.entries(groupsOf(harness)).flatMap(([group, cases]) =>
    Object.entries(cases).map(([name, run]) => ({
      name: `${group}: ${name}`,
      run: async () => run(await contextOf(harness)),
    })),
  );
}

function groupsOf(harness: StoreHarness): Readonly<Record<string, Cases>> {
  const expires = harness.elapse !== 'never expires';
  return {
    harness: harnessCases,
    reading,
    'reading after': { ...readingAfter, ...(expires && readingAfterExpiry) },
    describing: {
      ...describing,
      ...(expires && describingExpiry),
      ...(expires && harness.ttlRefresh === true && describingAccess),
    },
    appending,
    dropping,
    records,
    retrying,
    revisions,
    operations,
    clearing,
    isolation,
    concurrency,
    races,
    ...(harness.processes && { processes }),
    ...(expires && { expiry }),
    ...(expires && harness.ttlRefresh === true && { ttlRefresh }),
    ...(harness.observe === true && { observing }),
    session,
    caching,
    transactions,
    replays,
    rewriting,
    compaction,
    forking,
    receipts,
    fencing,
    'pending runs': { ...pendingRuns, ...(expires && pendingRunsAfterExpiry) },
    listing: { ...listing, ...(expires && listingExpiry) },
    unreachable: unreachableCases(harness.unreachable ?? {}),
    fixtures: fixtureCases(harness.fixtures ?? {}),
  };
}

async function contextOf(harness: StoreHarness): Promise<CaseContext> {
  const { elapse, processes } = harness;
  return {
    store: await harness.createStore({}),
    openStore: async (options = {}) => harness.createStore(options),
    inProcesses: async (count, work) => {
      if (processes === undefined) throw new Error('the harness has no stores in processes');
      await inProcesses(processes, count, work);
    },
    contains: (sessionId, text) => harness.contains(sessionId, text),
    elapse: async (sessionId, ms) => {
      if (elapse === 'never expires') throw new Error('this store never expires');
      await elapse(sessionId, ms);
    },
    newId: (start = 'session') => `${start}-${globalThis.crypto.randomUUID()}`,
  };
}
