import { randomUUID } from 'node:crypto';
import type {
  CommitResult,
  HistoryChange,
  Revision,
  SessionStore,
  StoredRecord,
} from '@agent-sessions/session-core/store';

export function newId(): string {
  return `session-${randomUUID()}`;
}

export async function tryCommit(
  store: SessionStore,
  sessionId: string,
  change: Partial<HistoryChange>,
): Promise<CommitResult> {
  return store.commit(sessionId, { idempotencyKey: randomUUID(), append: [], ...change });
}

/** Commits, and fails unless it went in. */
export async function commit(
  store: SessionStore,
  sessionId: string,
  change: Partial<HistoryChange>,
): Promise<Revision> {
  const result = await tryCommit(store, sessionId, change);
  if (result.status !== 'committed') throw new Error(`expected a commit to go in, got ${result.status}`);
  return result.revision;
}

export async function append(
  store: SessionStore,
  sessionId: string,
  ...records: StoredRecord[]
): Promise<Revision> {
  return commit(store, sessionId, { append: records });
}

export async function recordsOf(store: SessionStore, sessionId: string): Promise<readonly StoredRecord[]> {
  return (await store.read(sessionId)).records;
}

/** Named records of about this many bytes. */
export function large(name: string, bytes: number): string {
  return `${name}${'x'.repeat(bytes - name.length)}`;
}
