import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../../store/errors';
import { isDescribing } from '../../store/describingStore';
import type { SessionStore } from '../../store/sessionStore';
import { StoredSession } from '../../session/storedSession';
import { check, newIdempotencyKey } from '../check';
import type { Cases, StoreHarness } from '../harness';

const WORD = 'conspicuous';
const item: AgentInputItem = { role: 'user', content: WORD };

/** For each store without a connection: whatever it is asked, it says so, and nothing else. */
export function unreachableCases(stores: NonNullable<StoreHarness['unreachable']>): Cases {
  return Object.fromEntries(
    Object.entries(stores).flatMap(([what, open]) => [
      [
        `${what}: every method of the store fails with STORE_UNAVAILABLE or TIMEOUT, without content`,
        async ({ newId }) => checkAllFail(methodsOf(await open(), newId())),
      ],
      [
        `${what}: every method of a session fails with STORE_UNAVAILABLE or TIMEOUT, without content`,
        async ({ newId }) => checkAllFail(sessionMethodsOf(await open(), newId())),
      ],
    ]),
  );
}

type Methods = Readonly<Record<string, () => Promise<unknown>>>;

function methodsOf(store: SessionStore, id: string): Methods {
  return {
    read: () => store.read(id),
    'read of the newest': () => store.read(id, { last: 1 }),
    commit: () => store.commit(id, { idempotencyKey: newIdempotencyKey(), append: [WORD] }),
    'commit of a drop': () => store.commit(id, { idempotencyKey: newIdempotencyKey(), append: [], drop: 1 }),
    clear: () => store.clear(id),
    ...(isDescribing(store) && { describe: () => store.describe(id) }),
  };
}

function sessionMethodsOf(store: SessionStore, sessionId: string): Methods {
  const session = new StoredSession(store, { sessionId });
  return {
    getItems: () => session.getItems(),
    addItems: () => session.addItems([item]),
    popItem: () => session.popItem(),
    clearSession: () => session.clearSession(),
    ...(isDescribing(store) && { describe: () => session.describe() }),
    replaceHistoryWithCompaction: () => session.replaceHistoryWithCompaction([item]),
    fork: () => session.fork({ sessionId: `${sessionId}-fork` }),
    rewriteHistory: () => session.rewriteHistory(() => [item]),
    pendingRuns: () => session.pendingRuns(),
    deletePendingRun: () => session.deletePendingRun('id'),
    append_items: () =>
      session.applyHistoryTransaction({
        operationId: 'o1',
        transaction: { type: 'append_items', items: [item] },
      }),
    replace_suffix: () =>
      session.applyHistoryTransaction({
        operationId: 'o2',
        transaction: { type: 'replace_suffix', expectedSuffix: [item], replacement: [] },
      }),
  };
}

async function checkAllFail(methods: Methods): Promise<void> {
  for (const [name, method] of Object.entries(methods)) {
    const reason = await method().then(
      () => new Error(`${name} succeeded`),
      (error: unknown) => error,
    );
    if (!SessionError.is(reason)) throw new Error(`${name}: expected a SessionError, got ${String(reason)}`);
    check(
      reason.code === 'STORE_UNAVAILABLE' || reason.code === 'TIMEOUT',
      `${name}: expected STORE_UNAVAILABLE or TIMEOUT, got ${reason.code}`,
    );
    check(!textOf(reason).includes(WORD), `${name}: the error quotes what was to be stored`);
  }
}

/** All that an error tells, and its causes. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${JSON.stringify(error)} ${textOf(error.cause)}`;
}
