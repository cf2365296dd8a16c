import { randomUUID } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import { isDescribing, type SessionDescription } from '../store/describingStore';
import { SessionError, type SessionErrorCode } from '../store/errors';
import { readable, unreadable, type HistoryEntry } from './historyEntry';
import { HistoryReads, type HistoryReadsOptions, type ReadHistory } from './historyReads';
import type { HistoryView, KnownChange, RunView } from './historyView';
import type { Registration } from './registration';
import { canonicalText, itemTexts } from '../records/itemJson';
import { commitUnlessIn, type CodedOperation } from './operations';
import { othersIn, type KnownHistory } from './recordLists';
import { contention, underContention } from './contention';
import type { HistoryRewrite, RewriteResult } from './sessionOptions';
import { stateOf } from './sessionState';
import {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type CommitResult,
  type HistoryChange,
  type Revision,
  type SessionStore,
  type StoredRecord,
} from '../store/sessionStore';

/** `basis`: the state that the change was worked out from. It must not be applied to another state. */
type Change = Pick<HistoryChange, 'append'> & { readonly operation?: CodedOperation | undefined } & (
    | ({ readonly drop?: undefined; readonly basis?: Revision | undefined } & Partial<KnownChange>)
    | ({ readonly drop: number | 'all'; readonly basis: Revision } & KnownChange)
  );

interface HistoryAccessOptions extends HistoryReadsOptions {
  readonly fenced: boolean;
  /** Of sessions that are listed. */
  readonly registration?: Registration | undefined;
}

/** What a record is that cannot be read, whoever tries again. */
const UNREADABLE: ReadonlySet<SessionErrorCode> = new Set<SessionErrorCode>([
  'CORRUPT_RECORD',
  'UNSUPPORTED_FORMAT',
  'UNKNOWN_KEY',
  'UNENCRYPTED_RECORD',
]);

/** The end of a history that a transaction replaces. */
interface Suffix {
  readonly entries: readonly HistoryEntry[];
  readonly basis: Revision;
}

/** Reads and changes stored histories, each under what the caller's view knows of it, which it keeps up to date. */
export class HistoryAccess {
  readonly #store: SessionStore;
  readonly #reads: HistoryReads;
  readonly #fenced: boolean;
  readonly #registration: Registration | undefined;

  constructor(store: SessionStore, { fenced, registration, ...options }: HistoryAccessOptions) {
    this.#store = store;
    this.#reads = new HistoryReads(store, options);
    this.#fenced = fenced;
    this.#registration = registration;
  }

  /** The newest `limit` items, or all, for the caller to see. */
  async getItems(view: HistoryView, limit?: number): Promise<AgentInputItem[]> {
    const start = view.object.tick();
    const { entries, history, isWhole } = await this.read(view, limit);
    view.noteRead(start, history, isWhole);
    const items = readable(entries);
    return limit === undefined ? items : items.slice(-limit);
  }

  /** @throws `STORE_MISCONFIGURED` */
  async describe(view: HistoryView): Promise<SessionDescription> {
    if (isDescribing(this.#store)) return this.#store.describe(view.storedId);
    throw new SessionError('STORE_MISCONFIGURED', 'the store of this session cannot describe sessions');
  }

  /** The newest entries, at least `wanted` of them readable, or all. Not what the caller has seen. */
  async read(view: HistoryView, wanted?: number): Promise<ReadHistory & { isWhole: boolean }> {
    await this.#registration?.registerRead(view.object.address);
    for (let last = wanted; ; last = last && last * 2) {
      const { entries, history } = await this.#reads.read(view, last);
      const isWhole = last === undefined || entries.length < last;
      if (isWhole || readable(entries).length >= (wanted ?? 0)) return { entries, history, isWhole };
    }
  }

  /** See `HistoryReads.readFirst`. */
  async readFirst(view: HistoryView, count: number | undefined): Promise<HistoryEntry[]> {
    await this.#registration?.registerRead(view.object.address);
    return this.#reads.readFirst(view, count);
  }

  /** The end of the history that holds these items, with the corrupt records between them; or why there is none. */
  async findSuffix(view: HistoryView, expected: readonly string[]): Promise<Suffix | SessionError> {
    try {
      const { entries, history } = await this.read(view, expected.length);
      const places = entries.flatMap(({ item }, index) => (item ? [index] : []));
      const suffix = entries.slice(places.at(-expected.length) ?? entries.length);
      const texts = readable(suffix).map(canonicalText);
      if (texts.length !== expected.length || texts.some((text, index) => text !== expected[index])) {
        return new SessionError('SUFFIX_MISMATCH', 'the history does not end with the expected suffix');
      }
      return { entries: suffix, basis: history.revision };
    } catch (error) {
      if (SessionError.is(error) && UNREADABLE.has(error.code)) return error;
      throw error;
    }
  }

  /** See `HistoryReads.decode`. */
  async decode(view: HistoryView, records: readonly StoredRecord[]): Promise<HistoryEntry[]> {
    return this.#reads.decode(view, records);
  }

  async clear(view: HistoryView): Promise<void> {
    await this.#registration?.forget(view.object.address);
    try {
      await this.#store.clear(view.storedId);
    } finally {
      this.#reads.forget(view);
    }
    view.noteCleared();
  }

  /** @throws `CONFLICT` for the fence, `CONTENTION` when the basis is outdated, `OPERATION_MISMATCH` */
  async commit(view: HistoryView, change: Change): Promise<void> {
    const result = await this.tryCommit(view, change);
    if (result.status === 'operation-mismatch') throw operationMismatch();
    if (result.status !== 'conflict') return;
    if (this.#fenced) throw conflict();
    throw contention();
  }

  async tryCommit(view: HistoryView, change: Change): Promise<CommitResult> {
    if (this.#registration !== undefined) await this.#register(this.#registration, view, change.basis);
    const start = view.object.tick();
    const { append, drop, operation, basis } = change;
    const appended: KnownChange['becomes'] = (known) => [...known, ...append];
    const at = this.#fenced ? fencedRevision(view.seen, basis) : basis;
    const known: KnownChange = { drop, becomes: change.becomes ?? appended };
    let result: CommitResult;
    try {
      const newChange = (): HistoryChange => ({
        idempotencyKey: newIdempotencyKey(),
        append,
        drop,
        ifRevision: at,
        lastSeen: basis ?? view.object.seen,
      });
      result = operation
        ? await commitUnlessIn(this.#store, view.storedId, operation, newChange)
        : await this.#store.commit(view.storedId, newChange());
    } catch (error) {
      view.noteUncertain(known);
      if (operation) view.replay?.noteThrown(operation, error);
      throw error;
    }
    if (result.status === 'committed') view.noteCommit(result.revision, at, known);
    if (result.status === 'repeated') noteRepeated(view, start, result.revision, known);
    return result;
  }

  /** What can only begin a session is refused where there is one, which may be another owner's: that is not listed as well. */
  async #register(
    registration: Registration,
    { object: { address } }: HistoryView,
    basis: Revision | undefined,
  ): Promise<void> {
    if (basis === NO_HISTORY && (await stateOf(this.#store, address.storedId)).revision !== NO_HISTORY)
      return;
    await registration.register(address);
  }

  /** Appends, and tells the view whether nobody else wrote since its run last did. */
  async appendExactly(
    view: RunView,
    { append, operation }: Pick<Change, 'append' | 'operation'>,
  ): Promise<void> {
    const basis = view.known?.revision;
    if (!this.#fenced && basis !== undefined) {
      const { status } = await this.tryCommit(view, { append, operation, basis });
      if (status === 'committed' || status === 'repeated') return;
      view.noteOthers();
    }
    await this.commit(view, { append, operation });
  }

  /** See `StoredSession.rewriteHistory`. */
  async rewrite(view: HistoryView, rewrite: HistoryRewrite): Promise<RewriteResult> {
    const start = view.object.tick();
    const { entries, history } = await this.read(view);
    view.noteRead(start, history, true);
    const items = await rewrite(readable(entries));
    if (items === undefined) return { status: 'declined' };
    const replacement = itemTexts(items);
    return view.writes.run(() => this.replace(view, history, replacement));
  }

  /**
   * Puts the replacement, given as texts, in the place of `known` and of nothing else, in one commit. What others wrote is
   * kept behind. To be run as one of the view's writes.
   *
   * @throws `OPERATION_MISMATCH`
   */
  async replace(
    view: HistoryView,
    known: KnownHistory,
    replacement: readonly string[],
    operation?: CodedOperation,
  ): Promise<RewriteResult> {
    // What could not be decoded was not rewritten either: it stays.
    const left = unreadable(await this.decode(view, known.records));
    const records = [...left, ...(await view.codec.encode(replacement))];
    let basis = known.revision;
    let others: readonly StoredRecord[] = [];
    return underContention(async () => {
      if (basis === undefined) {
        await this.#registration?.registerRead(view.object.address);
        const current = await this.#store.read(view.storedId);
        const found = othersIn(current.records, known.records);
        const isFencedOff = this.#fenced && current.revision !== view.seen;
        const isPossible = !isFencedOff && found !== undefined;
        if (!isPossible && operation === undefined) return { status: 'conflict' };
        // Perhaps because it is in already: the store tells that before it tells a conflict.
        basis = isPossible ? current.revision : NO_SUCH_REVISION;
        others = found ?? [];
      }
      const append = [...records, ...others];
      const change = { drop: 'all', append, basis, operation, becomes: () => records } as const;
      const { status } = await this.tryCommit(view, change);
      if (status === 'operation-mismatch') throw operationMismatch();
      if (status !== 'conflict') return { status: 'rewritten', kept: others.length };
      if (basis === NO_SUCH_REVISION) return { status };
      basis = undefined;
      throw contention();
    });
  }
}

/**
 * 88 random bits, in 22 characters: more than that costs Redis memory. Node has UUIDs in store, which is faster than to ask
 * for random bytes each time.
 */
export function newIdempotencyKey(): string {
  const uuid = randomUUID();
  return `${uuid.slice(0, 8)}${uuid.slice(9, 13)}${uuid.slice(24, 34)}`;
}

/** A change of an earlier call, or by an earlier object, is in. */
function noteRepeated(view: HistoryView, start: number, revision: Revision, change: KnownChange): void {
  // What is repeated in a replay was in, as a rule, before the view read, and is part of what it knows.
  if (view.replay === undefined) view.noteUncertain(change);
  else if (view.seen === undefined) view.noteRead(start, { records: [], revision }, false);
}

/** The only revision at which a fenced write may go in. */
function fencedRevision(seen: Revision | undefined, basis: Revision | undefined): Revision | undefined {
  if (basis === undefined || seen === undefined) return basis ?? seen;
  return basis === seen ? basis : NO_SUCH_REVISION;
}

export function conflict(): SessionError {
  return new SessionError('CONFLICT', 'the history changed after this session, or this run, last saw it');
}

export function operationMismatch(): SessionError {
  return new SessionError(
    'OPERATION_MISMATCH',
    'the operation id, or this place in a replay, was used for a different change',
  );
}
