import { digest, type RecordCodec } from '../records/recordCodec';
import { canonicalText } from '../records/itemJson';
import { fromExactJson } from '../records/exactJson';
import { SessionError } from '../store/errors';
import type { HistoryOperation } from '../store/sessionStore';
import { operationOf, type CodedOperation } from './operations';
import { WriteQueue } from './writeQueue';
import type { AgentInputItem } from '@openai/agents';

/** A write as it was called, for a replay of it to be recognised by. */
export interface CalledWrite {
  /** Equal for equal writes. Asked for only where writes are recognised. */
  readonly fingerprint: () => string;
  /** Of a transaction: the caller's, by which this object knows it when it is called again. */
  readonly operationId?: string | undefined;
  /** A run that is replayed may leave it out, because it finds it done. */
  readonly isOptional?: boolean | undefined;
}

/**
 * The writes of one session object with a `replayId` to one stored session. Each that goes in is an operation of that id, the
 * first, the second and so on, so that the store recognises it when the same writes are made again by another object.
 *
 * A number is taken by the write that is in, not by the call: one that failed and changed nothing leaves it to the next, so
 * that it makes no difference to a replay whether the call fails again. Where nobody knows whether a write is in, nothing but
 * the same write may follow: under the next number it could be there twice, and another one could stand before it.
 */
export class ReplayedWrites {
  readonly queue = new WriteQueue();
  readonly #replayId: string;
  readonly #codec: RecordCodec;
  /** How many are in, but for the optional ones. */
  #count = 0;
  /** How many optional ones are in since the last of the others: they have numbers of their own. */
  #optional = 0;
  /** The fingerprint of the write that may be in. */
  #unsettled: string | undefined;
  /** Under which id a transaction went in, by the caller's. */
  readonly #transactions = new Map<string, string>();

  constructor(replayId: string, codec: RecordCodec) {
    this.#replayId = replayId;
    this.#codec = codec;
  }

  /**
   * Carries out the next write; one at a time.
   *
   * @throws `OPERATION_MISMATCH` when an earlier write may be in and this is another one; what `commit` throws.
   */
  async run<T>(
    { fingerprint, operationId, isOptional = false }: CalledWrite,
    commit: (operation: CodedOperation) => Promise<T>,
  ): Promise<T> {
    const known = operationId === undefined ? undefined : this.#transactions.get(operationId);
    const id = known ?? this.#nextId(isOptional);
    const operation = await operationOf(this.#codec, id, fingerprint());
    if (this.#unsettled !== undefined && this.#unsettled !== operation.fingerprint) throw unsettled();
    const result = await commit(operation);
    this.#unsettled = undefined;
    if (known !== undefined) return result;
    if (operationId !== undefined) this.#transactions.set(operationId, id);
    if (isOptional) {
      this.#optional++;
    } else {
      this.#count++;
      this.#optional = 0;
    }
    return result;
  }

  /** The store threw: unless it told that nothing changed, the write may be in. */
  noteThrown({ fingerprint }: HistoryOperation, error: unknown): void {
    if (SessionError.is(error, 'COMMIT_TOO_LARGE') || SessionError.is(error, 'CONTENTION')) return;
    this.#unsettled = fingerprint;
  }

  /** No operation id of a caller is the same: the text of one is a JSON string. */
  #nextId(isOptional: boolean): string {
    const place = isOptional ? [this.#count, this.#optional] : [this.#count];
    return JSON.stringify(['replay', this.#replayId, ...place]);
  }
}

/** Carries out a write in its turn, as an operation where writes are recognised. */
export function writeInTurn<T>(
  view: { readonly writes: WriteQueue; readonly replay: ReplayedWrites | undefined },
  write: CalledWrite,
  commit: (operation: CodedOperation | undefined) => Promise<T>,
): Promise<T> {
  const { replay } = view;
  return view.writes.run(() => (replay ? replay.run(write, commit) : commit(undefined)));
}

/** Equal for structurally equal items, given as their texts. */
export function addingItems(texts: readonly string[]): CalledWrite {
  return { fingerprint: () => fingerprintOf('addItems', texts) };
}

/** The SDK's Runner compares what is stored with what it would put there, and does not call where that is the same. */
export function compacting(texts: readonly string[]): CalledWrite {
  return { fingerprint: () => fingerprintOf('compaction', texts), isOptional: true };
}

function fingerprintOf(kind: string, texts: readonly string[]): string {
  // of digests, because all texts together may be longer than a string can be
  const items = texts.map((text) => digest(canonicalText(fromExactJson(text) as AgentInputItem)));
  return JSON.stringify([kind, items]);
}

/** @throws `INVALID_ARGUMENT` in a session with a `replayId`. */
export function assertNoReplay(
  { replay }: { readonly replay: ReplayedWrites | undefined },
  method: string,
): void {
  if (replay === undefined) return;
  throw new SessionError(
    'INVALID_ARGUMENT',
    `${method} cannot be told from another one when it is replayed: call it on a session without replayId`,
  );
}

function unsettled(): SessionError {
  return new SessionError(
    'OPERATION_MISMATCH',
    'the write before this one may be in: with a replayId, only the same write may follow, or a replay by a new session object',
  );
}
