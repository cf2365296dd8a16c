import type { RecordCodec } from '../records/recordCodec';
import {
  NO_SUCH_REVISION,
  type CommitResult,
  type HistoryChange,
  type HistoryOperation,
  type SessionStore,
} from '../store/sessionStore';
import { contention, underContention } from './contention';

/** What a store is given of an operation. */
export interface CodedOperation extends HistoryOperation {
  /** What other processes give it of the same one, while sessions go over to encryption. */
  readonly other?: HistoryOperation | undefined;
}

/**
 * @param id - a text that no other operation has.
 * @param fingerprint - equal for equal operations.
 */
export async function operationOf(
  codec: RecordCodec,
  id: string,
  fingerprint: string,
): Promise<CodedOperation> {
  const { otherDigest } = codec;
  const operation = { id: await codec.digest(id), fingerprint: await codec.digest(fingerprint) };
  if (otherDigest === undefined) return operation;
  const other = { id: await otherDigest(id), fingerprint: await otherDigest(fingerprint) };
  return { ...operation, other };
}

/**
 * Commits an operation unless it is in under its other digests. That is asked by a commit that no history fits, which the store
 * answers for what it knows and else refuses; and what is committed then is bound to a history from before the question, so that
 * the operation cannot come in between.
 *
 * @param newChange - the change without the operation, a new commit each time.
 * @throws `CONTENTION`
 */
export async function commitUnlessIn(
  store: SessionStore,
  storedId: string,
  { other, ...operation }: CodedOperation,
  newChange: () => HistoryChange,
): Promise<CommitResult> {
  if (other === undefined) return store.commit(storedId, { ...newChange(), operation });
  return underContention(async () => {
    const change = newChange();
    const { revision } = await store.read(storedId, { last: 1 });
    const { idempotencyKey } = newChange();
    const question = { idempotencyKey, append: [], operation: other, ifRevision: NO_SUCH_REVISION };
    const found = await store.commit(storedId, question);
    if (found.status !== 'conflict') return found;
    const { ifRevision = revision } = change;
    const result = await store.commit(storedId, { ...change, operation, ifRevision });
    if (result.status === 'conflict' && change.ifRevision === undefined) throw contention();
    return result;
  });
}
