import { isDescribing } from '../store/describingStore';
import type { Revision, SessionStore } from '../store/sessionStore';

/**
 * The revision of a session, and since when it is there, where the store tells that. On a store that can describe, it extends
 * the session with no `ttlRefresh`.
 */
export async function stateOf(
  store: SessionStore,
  storedId: string,
): Promise<{ revision: Revision; since: number | undefined }> {
  if (!isDescribing(store)) {
    const { revision } = await store.read(storedId, { last: 1 });
    return { revision, since: undefined };
  }
  const { revision, createdAt } = await store.describe(storedId);
  return { revision, since: createdAt?.getTime() };
}
