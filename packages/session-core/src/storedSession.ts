import { randomBytes } from 'node:crypto';
import type {
  AgentInputItem,
  RunContext,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from '@openai/agents';
import { SessionError } from './errors';
import { mutate, parseMutations, type HistoryEntry } from './historyMutations';
import { canonicalText, parseTransaction } from './historyTransaction';
import { decodeRecord, encodeItems } from './itemCodec';
import { backoffMs } from './retry';
import { storedSessionId } from './sessionId';
import {
  resolveSessionOptions,
  scopeOf,
  type RewriteResult,
  type SessionOptions,
  type SessionScope,
} from './sessionOptions';
import {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type CommitResult,
  type HistoryChange,
  type ReadOptions,
  type Revision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from './sessionStore';
import { WriteQueue } from './writeQueue';

/** What one session object, or one run on a scoped one, knows of the stored history. */
interface View {
  readonly storeId: string;
  readonly writes: WriteQueue;
  /** The state last seen. */
  seen: Revision | undefined;
  /** When that was: for a read its start, for a write its end, in the order that `tick` counts. */
  seenAt: number;
  ticks: number;
  /** The history as last read whole, until this object takes something off it: what a compaction may replace. */
  whole: StoredHistory | undefined;
}

type Change = Pick<HistoryChange, 'append' | 'drop' | 'operation'> & {
  /** The state that the change was worked out from, and must not be applied to another. */
  readonly basis?: Revision;
};

/** How long a change that was worked out from one state tries, in milliseconds, while others keep changing it. */
const CONTENTION_TIMEOUT_MS = 30_000;

/**
 * The SDK's `Session` on any `SessionStore`, with all its optional capabilities that change history:
 * `SessionHistoryTransactionAwareSession`, `SessionHistoryRewriteAwareSession`, `replaceHistoryWithCompaction`, and with
 * the option `scope`, `RunContextAwareSession`.
 *
 * Every method fails with a `SessionError`; what fails has changed nothing, except that after `TIMEOUT`, `ABORTED`,
 * `STORE_UNAVAILABLE` and `STORE_FAILURE` a change may have been made, whole. Writes of one object (with `scope`, of one run context) are
 * carried out in the order of the calls.
 */
export class StoredSession
  implements SessionHistoryTransactionAwareSession, SessionHistoryRewriteAwareSession
{
  /** Present only with the option `scope`: the SDK then passes the run context to every call. */
  declare readonly acceptsRunContext?: true;

  readonly #store: SessionStore;
  readonly #sessionId: string;
  readonly #skipCorrupt: boolean;
  readonly #fenced: boolean;
  readonly #scope: SessionScope | undefined;
  readonly #view: View;
  readonly #viewOfRun = new WeakMap<object, View>();

  /** @throws `INVALID_ARGUMENT` */
  constructor(store: SessionStore, options: SessionOptions = {}) {
    const { sessionId, onCorruptRecord, concurrentWrites, scope } = resolveSessionOptions(options);
    this.#store = store;
    this.#sessionId = sessionId;
    this.#skipCorrupt = onCorruptRecord === 'skip';
    this.#fenced = concurrentWrites === 'reject';
    this.#scope = scope;
    this.#view = newView(storedSessionId(sessionId));
    if (scope !== undefined) this.acceptsRunContext = true;
  }

  async getSessionId(): Promise<string> {
    return Promise.resolve(this.#sessionId);
  }

  /** The newest `limit` items (all when omitted), oldest first. 0 or less: none. Not an integer: `INVALID_ARGUMENT`. */
  async getItems(limit?: number, runContext?: RunContext): Promise<AgentInputItem[]> {
    const view = this.#open(runContext);
    if (limit !== undefined && !Number.isSafeInteger(limit)) {
      throw new SessionError('INVALID_ARGUMENT', 'limit must be an integer');
    }
    if (limit !== undefined && limit <= 0) return [];
    const start = tick(view);
    const { entries, history, isWhole } = await this.#read(view, { last: limit });
    see(view, start, history.revision, isWhole ? history : view.whole);
    const items = readable(entries);
    return limit === undefined ? items : items.slice(-limit);
  }

  /** Appends all items in order and next to each other, or none. */
  async addItems(items: AgentInputItem[], runContext?: RunContext): Promise<void> {
    const view = this.#open(runContext);
    const append = encodeItems(items);
    if (append.length === 0) return;
    await view.writes.run(() => this.#commit(view, { append }));
  }

  /** Takes the newest item off and returns it; undefined when there is none. */
  async popItem(runContext?: RunContext): Promise<AgentInputItem | undefined> {
    const view = this.#open(runContext);
    return this.#rewrite(view, async () => {
      const { entries, history } = await this.#read(view, { last: 1, forWrite: true });
      const place = entries.findLastIndex(({ item }) => item !== undefined);
      if (place === -1) return undefined;
      const behind = entries.slice(place + 1).map(({ record }) => record);
      await this.#commit(view, { drop: 1 + behind.length, append: behind, basis: history.revision });
      return entries[place]?.item;
    });
  }

  /** Forgets all items and all operation ids. The session id stays. Never fenced by `concurrentWrites`. */
  async clearSession(runContext?: RunContext): Promise<void> {
    const view = this.#open(runContext);
    await view.writes.run(async () => {
      await this.#store.clear(view.storeId);
      see(view, tick(view), NO_HISTORY, undefined);
    });
  }

  /**
   * Applies a transaction atomically, once per operation id, across processes and for as long as the session lives.
   * Repeated, it does nothing.
   *
   * @throws `OPERATION_MISMATCH` when the id was used for another transaction, `SUFFIX_MISMATCH` when the history does
   * not end with `expectedSuffix`.
   */
  async applyHistoryTransaction(args: SessionHistoryTransactionArgs, runContext?: RunContext): Promise<void> {
    const view = this.#open(runContext);
    const { operation, append, expectedSuffix } = parseTransaction(args);
    await this.#rewrite(view, async () => {
      if (expectedSuffix.length === 0) {
        await this.#commit(view, { append, operation });
        return;
      }
      const suffix = await this.#findSuffix(view, expectedSuffix);
      if (!SessionError.is(suffix)) {
        const { drop, corrupt, basis } = suffix;
        await this.#commit(view, { drop, append: [...corrupt, ...append], operation, basis });
        return;
      }
      // Perhaps because this transaction is in already: the store tells that before it tells a conflict.
      const result = await this.#tryCommit(view, { append, operation, basis: NO_SUCH_REVISION });
      if (result.status === 'operation-mismatch') throw operationMismatch();
      if (result.status !== 'repeated') throw suffix;
    });
  }

  /** Rewrites stored items in place, atomically: `replace_function_call` only, as the SDK defines it. */
  async applyHistoryMutations(args: SessionHistoryRewriteArgs, runContext?: RunContext): Promise<void> {
    const view = this.#open(runContext);
    const mutations = parseMutations(args);
    if (mutations.length === 0) return;
    await this.#rewrite(view, async () => {
      const { entries, history } = await this.#read(view, { forWrite: true });
      const mutated = mutate(entries, mutations);
      const start = entries.findIndex((entry, index) => entry !== mutated[index]);
      if (start === -1) return;
      const append = mutated.slice(start).map(({ record }) => record);
      await this.#commit(view, { drop: entries.length - start, append, basis: history.revision });
    });
  }

  /**
   * Replaces the history that this object last read as a whole (else: the stored one) by `items`, atomically. Items that
   * were appended since are kept behind them.
   *
   * @throws `CONFLICT` when the history changed otherwise since.
   */
  async replaceHistoryWithCompaction(items: AgentInputItem[], runContext?: RunContext): Promise<void> {
    const view = this.#open(runContext);
    const replacement = encodeItems(items);
    await view.writes.run(async () => {
      const basis = view.whole ?? (await this.#store.read(view.storeId, { forWrite: true }));
      const result = await this.#replace(view, basis, replacement);
      if (result.status === 'conflict') throw conflict();
    });
  }

  /**
   * Hands the whole history to `rewrite` and puts what it returns in its place, in one atomic commit. Items that others
   * append meanwhile are kept behind; a history that changed otherwise is left alone and reported as `conflict`.
   */
  async rewriteHistory(
    rewrite: (
      items: AgentInputItem[],
    ) => AgentInputItem[] | undefined | Promise<AgentInputItem[] | undefined>,
    runContext?: RunContext,
  ): Promise<RewriteResult> {
    const view = this.#open(runContext);
    const start = tick(view);
    const basis = await this.#store.read(view.storeId, { forWrite: true });
    see(view, start, basis.revision, basis);
    const items = await rewrite(readable(this.#decode(basis.records)));
    if (items === undefined) return { status: 'declined' };
    const replacement = encodeItems(items);
    return view.writes.run(() => this.#replace(view, basis, replacement));
  }

  #open(runContext: RunContext | undefined): View {
    if (this.#scope === undefined) return this.#view;
    const storeId = storedSessionId(this.#sessionId, scopeOf(this.#scope, runContext));
    const known = runContext && this.#viewOfRun.get(runContext);
    if (known?.storeId === storeId) return known;
    const view = newView(storeId);
    if (runContext) this.#viewOfRun.set(runContext, view);
    return view;
  }

  /** The newest entries, at least `last` of them readable, or all. */
  async #read(
    view: View,
    { last: wanted, forWrite }: ReadOptions,
  ): Promise<{ entries: HistoryEntry[]; history: StoredHistory; isWhole: boolean }> {
    for (let last = wanted; ; last = last && last * 2) {
      const history = await this.#store.read(view.storeId, { last, forWrite });
      const entries = this.#decode(history.records);
      const isWhole = last === undefined || entries.length < last;
      if (isWhole || readable(entries).length >= (wanted ?? 0)) return { entries, history, isWhole };
    }
  }

  /** The end of the history that holds these items, and the corrupt records between them; or why there is none. */
  async #findSuffix(
    view: View,
    expected: readonly string[],
  ): Promise<{ drop: number; corrupt: StoredRecord[]; basis: Revision } | SessionError> {
    try {
      const { entries, history } = await this.#read(view, { last: expected.length, forWrite: true });
      const places = entries.flatMap(({ item }, index) => (item ? [index] : []));
      const suffix = entries.slice(places.at(-expected.length) ?? entries.length);
      const texts = readable(suffix).map(canonicalText);
      if (texts.length !== expected.length || texts.some((text, index) => text !== expected[index])) {
        return new SessionError('SUFFIX_MISMATCH', 'the history does not end with the expected suffix');
      }
      return { drop: suffix.length, corrupt: unreadable(suffix), basis: history.revision };
    } catch (error) {
      if (SessionError.is(error, 'CORRUPT_RECORD') || SessionError.is(error, 'UNSUPPORTED_FORMAT'))
        return error;
      throw error;
    }
  }

  #decode(records: readonly StoredRecord[]): HistoryEntry[] {
    return records.map((record, index) => {
      try {
        return { record, item: decodeRecord(record, records.length - index) };
      } catch (error) {
        if (this.#skipCorrupt && SessionError.is(error, 'CORRUPT_RECORD')) return { record, item: undefined };
        throw error;
      }
    });
  }

  /** Tries a change that depends on the history until nobody else changed that meanwhile. */
  async #rewrite<T>(view: View, attempt: () => Promise<T>): Promise<T> {
    return view.writes.run(() => underContention(attempt));
  }

  /** @throws `CONFLICT` for the fence, `CONTENTION` when the basis is outdated, `OPERATION_MISMATCH` */
  async #commit(view: View, change: Change): Promise<void> {
    const result = await this.#tryCommit(view, change);
    if (result.status === 'operation-mismatch') throw operationMismatch();
    if (result.status !== 'conflict') return;
    if (this.#fenced) throw conflict();
    throw contention();
  }

  async #tryCommit(view: View, { basis, ...change }: Change): Promise<CommitResult> {
    const result = await this.#store.commit(view.storeId, {
      ...change,
      id: randomBytes(16).toString('base64url'),
      ifRevision: this.#fenced ? fencedRevision(view, basis) : basis,
      lastSeen: basis ?? view.seen,
    });
    if (result.status === 'committed') {
      see(view, tick(view), result.revision, change.drop === undefined ? view.whole : undefined);
    }
    return result;
  }

  async #replace(
    view: View,
    read: StoredHistory,
    replacement: readonly StoredRecord[],
  ): Promise<RewriteResult> {
    // What could not be decoded was not rewritten either: it stays.
    const corrupt = unreadable(this.#decode(read.records));
    let basis = read.revision;
    let meanwhile: readonly StoredRecord[] = [];
    return underContention(async () => {
      const append = [...corrupt, ...replacement, ...meanwhile];
      const { status } = await this.#tryCommit(view, { drop: 'all', append, basis });
      if (status !== 'conflict') return { status: 'rewritten', kept: meanwhile.length };
      const current = await this.#store.read(view.storeId, { forWrite: true });
      if (this.#fenced && current.revision !== view.seen) return { status: 'conflict' };
      if (!startsWith(current.records, read.records)) return { status: 'conflict' };
      basis = current.revision;
      meanwhile = current.records.slice(read.records.length);
      throw contention();
    });
  }
}

function newView(storeId: string): View {
  return { storeId, writes: new WriteQueue(), seen: undefined, seenAt: 0, ticks: 0, whole: undefined };
}

function tick(view: View): number {
  return ++view.ticks;
}

/** Notes what was seen, unless it was overtaken by what was seen later. */
function see(view: View, at: number, revision: Revision, whole: StoredHistory | undefined): void {
  if (at < view.seenAt) return;
  view.seen = revision;
  view.seenAt = at;
  view.whole = whole;
}

/** The only revision at which a fenced write may go in. */
function fencedRevision({ seen }: View, basis: Revision | undefined): Revision | undefined {
  if (basis === undefined || seen === undefined) return basis ?? seen;
  return basis === seen ? basis : NO_SUCH_REVISION;
}

/** Never leaves a try behind: the store bounds each of its calls, and one that goes on later would change what was given up. */
async function underContention<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + CONTENTION_TIMEOUT_MS;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const delay = backoffMs(tries);
      if (!SessionError.is(error, 'CONTENTION') || performance.now() + delay >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

function readable(entries: readonly HistoryEntry[]): AgentInputItem[] {
  return entries.map(({ item }) => item).filter((item) => item !== undefined);
}

function unreadable(entries: readonly HistoryEntry[]): StoredRecord[] {
  return entries.flatMap(({ record, item }) => (item ? [] : [record]));
}

function startsWith(records: readonly StoredRecord[], start: readonly StoredRecord[]): boolean {
  return start.every((record, index) => isSameRecord(record, records[index]));
}

function isSameRecord(left: StoredRecord, right: StoredRecord | undefined): boolean {
  if (typeof left === 'string' || typeof right === 'string' || right === undefined) return left === right;
  return Buffer.compare(left, right) === 0;
}

function conflict(): SessionError {
  return new SessionError('CONFLICT', 'the history changed after this session last read it');
}

function contention(): SessionError {
  return new SessionError('CONTENTION', 'other writers changed the history at every try');
}

function operationMismatch(): SessionError {
  return new SessionError('OPERATION_MISMATCH', 'the operation id was used for a different transaction');
}
