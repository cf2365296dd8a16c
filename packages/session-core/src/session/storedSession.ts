import type {
  AgentInputItem,
  OpenAIResponsesCompactionArgs,
  RunContext,
  RunContextAwareSession,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from '@openai/agents';
import { AutomaticCompaction } from './automaticCompaction';
import type { CompactionUsage } from '../conversation/shorteners';
import { SessionError } from '../store/errors';
import { underContention } from './contention';
import { forkHistory } from './forkHistory';
import { parseForkOptions, type ForkOptions } from './forkOptions';
import { conflict, HistoryAccess, operationMismatch } from './historyAccess';
import { entriesOf, unreadable } from './historyEntry';
import {
  encodeMutations,
  fingerprintOfMutations,
  mutate,
  parseMutations,
  type EncodedMutation,
} from './historyMutations';
import { encodeTransaction, parseTransaction, type EncodedTransaction } from './historyTransaction';
import { HistoryViews } from './historyView';
import { importItems } from './importItems';
import { itemTexts } from '../records/itemJson';
import type {
  ApprovalDecision,
  PendingRun,
  RestoredRunState,
  SavableRunState,
  TakenRun,
  TakePendingRunOptions,
} from './pendingRun';
import type { CodedOperation } from './operations';
import { PendingRuns } from './pendingRuns';
import { codecsOf } from './sessionCodecs';
import { knownWithout } from './recordLists';
import { reencryptHistory } from './reencryptHistory';
import { Registration } from './registration';
import { addingItems, assertNoReplay, compacting, writeInTurn } from './replayedWrites';
import { parseDetails, type SessionDetails } from './sessionDetails';
import type { ModelExchange } from './wasShown';
import {
  resolveSessionOptions,
  type HistoryRewrite,
  type RewriteResult,
  type SessionOptions,
} from './sessionOptions';
import type { SessionDescription } from '../store/describingStore';
import { NO_SUCH_REVISION, type Revision, type SessionStore } from '../store/sessionStore';

/**
 * The SDK's `Session` on any `SessionStore`, with all its optional capabilities that change history:
 * `SessionHistoryTransactionAwareSession`, `SessionHistoryRewriteAwareSession`, `replaceHistoryWithCompaction`, and with
 * the option `compaction`, `OpenAIResponsesCompactionOwnershipAwareSession`. It takes the run context with every call, and
 * so tells what each run has seen.
 *
 * Every method fails with a `SessionError`; what fails has changed nothing, except that after `TIMEOUT`, `ABORTED`,
 * `STORE_UNAVAILABLE` and `STORE_FAILURE` a change may have been made, whole. Writes of one object (with `scope`, of one run context) are
 * carried out in the order of the calls.
 */
export class StoredSession
  implements RunContextAwareSession, SessionHistoryTransactionAwareSession, SessionHistoryRewriteAwareSession
{
  readonly acceptsRunContext = true;

  /**
   * The SDK's Runner calls these three, from 0.18 on: what a run has seen, and what it appends, under a receipt; and the
   * compaction after its turn. Present with the option `compaction`, and for the sake of the receipts with
   * `concurrentWrites: 'reject'`.
   */
  declare readonly getItemsWithCompactionOwnership?: (
    runContext?: RunContext,
  ) => Promise<{ items: AgentInputItem[]; ownership: object }>;
  declare readonly addItemsWithCompactionOwnership?: (
    items: AgentInputItem[],
    ownership: object | null,
    runContext?: RunContext,
  ) => Promise<void>;
  /**
   * Shortens the history as the option `compaction` says, with `force` without asking whether it is due. Returns what it
   * cost, where `shorten` tells that, else null.
   *
   * @throws What `shorten` throws; the errors of a session's write.
   */
  declare readonly runCompaction?: (
    args?: OpenAIResponsesCompactionArgs,
    runContext?: RunContext,
    ownership?: object | null,
    ...exchange: [ModelExchange?]
  ) => Promise<{ usage: CompactionUsage } | null>;

  readonly #store: SessionStore;
  readonly #options: SessionOptions;
  readonly #sessionId: string;
  readonly #views: HistoryViews;
  readonly #access: HistoryAccess;
  readonly #pendingRuns: PendingRuns;
  readonly #registration: Registration | undefined;

  /** @throws `INVALID_ARGUMENT` */
  constructor(store: SessionStore, options: SessionOptions = {}) {
    const resolved = resolveSessionOptions(options);
    const { sessionId, onCorruptRecord, concurrentWrites, cache, compaction, index } = resolved;
    const fenced = concurrentWrites === 'reject';
    this.#store = store;
    this.#options = { ...options };
    this.#sessionId = sessionId;
    const codecOf = codecsOf(resolved);
    this.#views = new HistoryViews(resolved, codecOf);
    const skipCorrupt = onCorruptRecord === 'skip';
    this.#registration = index && new Registration(store, { owner: index.owner, codecOf, skipCorrupt });
    this.#access = new HistoryAccess(store, { skipCorrupt, fenced, cache, registration: this.#registration });
    this.#pendingRuns = new PendingRuns(store, this.#views, { sessionId, index }, (run, runContext) => {
      const resumed = new StoredSession(store, {
        ...this.#options,
        sessionId: run.sessionId,
        index: run.index,
        concurrentWrites: 'reject',
        // The fence tells its writes from those that another taker has made.
        replayId: undefined,
      });
      resumed.#views.startAt(run.revision, runContext);
      resumed.#pendingRuns.continueFrom(run.id);
      return resumed;
    });
    if (compaction === undefined && !fenced) return;
    const automatic = new AutomaticCompaction(this.#access, this.#views, compaction);
    this.getItemsWithCompactionOwnership = async (runContext) => automatic.getItems(runContext);
    this.addItemsWithCompactionOwnership = async (items, ownership, runContext) =>
      automatic.addItems(items, ownership, runContext);
    this.runCompaction = async (args = {}, runContext, ownership, ...exchange) =>
      automatic.runCompaction(args, runContext, ownership, exchange);
  }

  async getSessionId(): Promise<string> {
    return Promise.resolve(this.#sessionId);
  }

  /** The newest `limit` items (all when omitted), oldest first. 0 or less: none. Not an integer: `INVALID_ARGUMENT`. */
  async getItems(limit?: number, runContext?: RunContext): Promise<AgentInputItem[]> {
    const view = this.#views.open(runContext);
    if (limit !== undefined && !Number.isSafeInteger(limit)) {
      throw new SessionError('INVALID_ARGUMENT', 'limit must be an integer');
    }
    if (limit !== undefined && limit <= 0) return [];
    return this.#access.getItems(view, limit);
  }

  /**
   * The number of items, bytes, times and revision, by one small read without the history. It extends the session with no
   * `ttlRefresh`, so that a list of many sessions keeps none of them alive, and a run has not seen what it tells.
   *
   * @throws `STORE_MISCONFIGURED` on a store that cannot describe.
   */
  async describe(runContext?: RunContext): Promise<SessionDescription> {
    return this.#access.describe(this.#views.open(runContext));
  }

  /**
   * Notes a title and metadata of the application's own for this session, in the place of those before. They are listed with it,
   * and go when it is cleared or expires. They cost a description and a small write, and move the session to the front of
   * the list.
   *
   * @throws `INVALID_ARGUMENT` without the option `index`; `CONFLICT` where the session holds nothing.
   */
  async setDetails(details: SessionDetails, runContext?: RunContext): Promise<void> {
    const { address } = this.#views.open(runContext).object;
    await this.#listed().setDetails(address, parseDetails(details));
  }

  /**
   * The title and the metadata that were noted; undefined where nothing was, or the session holds nothing any more.
   *
   * @throws `INVALID_ARGUMENT` without the option `index`.
   */
  async getDetails(runContext?: RunContext): Promise<SessionDetails | undefined> {
    const { address } = this.#views.open(runContext).object;
    return this.#listed().getDetails(address);
  }

  /** Appends all items in order and next to each other, or none. */
  async addItems(items: AgentInputItem[], runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    const texts = itemTexts(items);
    if (texts.length === 0) return;
    await writeInTurn(view, addingItems(texts), async (operation) => {
      await this.#access.commit(view, { append: await view.codec.encode(texts), operation });
    });
  }

  /**
   * Takes the newest item off and returns it; undefined when there is none.
   *
   * @throws `INVALID_ARGUMENT` with a `replayId`.
   */
  async popItem(runContext?: RunContext): Promise<AgentInputItem | undefined> {
    const view = this.#views.open(runContext);
    assertNoReplay(view, 'popItem');
    const pop = async (): Promise<AgentInputItem | undefined> => {
      const { entries, history } = await this.#access.read(view, 1);
      const place = entries.findLastIndex(({ item }) => item !== undefined);
      const popped = entries[place];
      if (!popped) return undefined;
      const behind = entries.slice(place + 1).map(({ record }) => record);
      await this.#access.commit(view, {
        drop: 1 + behind.length,
        append: behind,
        basis: history.revision,
        becomes: (known) => knownWithout(known, [popped.record]),
      });
      return popped.item;
    };
    return view.writes.run(() => underContention(pop));
  }

  /**
   * Forgets all items and all operation ids, and then the pending runs of this session. The session id stays. Never fenced by
   * `concurrentWrites`.
   *
   * @throws `INVALID_ARGUMENT` with a `replayId`.
   */
  async clearSession(runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    assertNoReplay(view, 'clearSession');
    await view.writes.run(async () => {
      await this.#access.clear(view);
      await this.#pendingRuns.clear(runContext);
    });
  }

  /**
   * Applies a transaction atomically, once per operation id, across processes and for as long as the session lives.
   * Repeated, it does nothing. With a `replayId`, it is known by its place as any other write; see there.
   *
   * @throws `OPERATION_MISMATCH` when the id was used for another transaction, `SUFFIX_MISMATCH` when the history does
   * not end with `expectedSuffix`.
   */
  async applyHistoryTransaction(args: SessionHistoryTransactionArgs, runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    const transaction = parseTransaction(args);
    const { expectedSuffix } = transaction;
    const apply = async ({ operation, append }: EncodedTransaction): Promise<void> => {
      if (expectedSuffix.length === 0) {
        await this.#access.commit(view, { append, operation });
        return;
      }
      const suffix = await this.#access.findSuffix(view, expectedSuffix);
      if (!SessionError.is(suffix)) {
        const { entries, basis } = suffix;
        const replaced = entries.flatMap(({ record, item }) => (item ? [record] : []));
        await this.#access.commit(view, {
          drop: entries.length,
          append: [...unreadable(entries), ...append],
          operation,
          basis,
          becomes: (known) => [...knownWithout(known, replaced), ...append],
        });
        return;
      }
      // Perhaps because this transaction is in already: the store tells that before it tells a conflict.
      const result = await this.#access.tryCommit(view, {
        append,
        operation,
        basis: NO_SUCH_REVISION,
        becomes: (known) => [...known.slice(0, -expectedSuffix.length), ...append],
      });
      if (result.status === 'operation-mismatch') throw operationMismatch();
      if (result.status !== 'repeated') throw suffix;
    };
    const { operationId, fingerprint } = transaction;
    await writeInTurn(view, { operationId, fingerprint: () => fingerprint }, async (operation) => {
      const encoded = await encodeTransaction(transaction, view.codec);
      await underContention(() => apply({ ...encoded, ...(operation && { operation }) }));
    });
  }

  /** Rewrites stored items in place, atomically: `replace_function_call` only, as the SDK defines it. */
  async applyHistoryMutations(args: SessionHistoryRewriteArgs, runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    const parsed = parseMutations(args);
    if (parsed.length === 0) return;
    const apply = async (
      mutations: readonly EncodedMutation[],
      operation: CodedOperation | undefined,
    ): Promise<void> => {
      const { entries, history } = await this.#access.read(view);
      const mutated = mutate(entries, mutations);
      const first = entries.findIndex((entry, index) => entry !== mutated[index]);
      // What changes nothing has its place in a replay all the same, in which there may be something to change.
      if (first === -1 && operation === undefined) return;
      const start = first === -1 ? entries.length : first;
      await this.#access.commit(view, {
        drop: entries.length - start,
        append: mutated.slice(start).map(({ record }) => record),
        operation,
        basis: history.revision,
        becomes: (known) => mutate(entriesOf(known, entries), mutations).map(({ record }) => record),
      });
    };
    const fingerprint = (): string => fingerprintOfMutations(parsed);
    await writeInTurn(view, { fingerprint }, async (operation) => {
      const mutations = await encodeMutations(parsed, view.codec);
      await underContention(() => apply(mutations, operation));
    });
  }

  /**
   * Replaces the history by `items`, atomically. Within a run, that is what the run read at its beginning and what it wrote
   * since; without a run context, what this object last read as a whole (else: what is stored). What came in besides is
   * kept behind.
   *
   * @throws `CONFLICT` when the history changed otherwise since.
   */
  async replaceHistoryWithCompaction(items: AgentInputItem[], runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    const replacement = itemTexts(items);
    await writeInTurn(view, compacting(replacement), async (operation) => {
      const known = view.known ?? (await this.#access.read(view)).history;
      const { status } = await this.#access.replace(view, known, replacement, operation);
      if (status === 'conflict') throw conflict();
    });
  }

  /**
   * Hands the whole history to `rewrite` and puts what it returns in its place, in one atomic commit. Items that others
   * append meanwhile are kept behind; a history that changed otherwise is left alone and reported as `conflict`.
   *
   * @throws `INVALID_ARGUMENT` with a `replayId`.
   */
  async rewriteHistory(rewrite: HistoryRewrite, runContext?: RunContext): Promise<RewriteResult> {
    const view = this.#views.open(runContext);
    assertNoReplay(view, 'rewriteHistory');
    return this.#access.rewrite(view, rewrite);
  }

  /**
   * Puts every record under the newest of the keys, where any is under an older one or is plaintext: the history in one atomic
   * commit, whatever is appended meanwhile, then the pending runs, with `scope` those of all its sessions, and the index of its owner. It asks a
   * provider for its keys anew. To others it is a write: a fenced run that is under way gets `CONFLICT`, a receipt ends.
   *
   * @returns how many records were not under the newest key. Where it is 0, nothing was written.
   * @throws `INVALID_ARGUMENT` without `encryption`, or with a `replayId`; `CONFLICT` while a run of this session waits for
   * approval, and with `concurrentWrites: 'reject'` for what this object has not seen; `CONTENTION` under too many appends;
   * `COMMIT_TOO_LARGE` for a history that the store does not take in one commit.
   */
  async reencrypt(runContext?: RunContext): Promise<number> {
    const view = this.#views.open(runContext);
    assertNoReplay(view, 'reencrypt');
    if (this.#options.encryption === undefined) {
      throw new SessionError('INVALID_ARGUMENT', 'reencrypt needs the option encryption');
    }
    return view.writes.run(async () => {
      const assertMovable = (revision: Revision) => this.#pendingRuns.assertNoneAt(revision, runContext);
      const count = await underContention(() => reencryptHistory(this.#access, view, assertMovable));
      const pending = await this.#pendingRuns.reencrypt(runContext);
      const listed = await this.#registration?.reencrypt(view.object.address.scope);
      return count + pending + (listed ?? 0);
    });
  }

  /**
   * Keeps a run that waits for approval beside its history, as long as that lives, until somebody takes it, in whatever
   * process. It can be taken as long as the history is the one that the run saw.
   *
   * @param state - the run's state (`result.state`), or its text with the run context beside it. Of the very run that was
   * given this session object: that tells the revision which the run saw.
   * @returns a random id that tells nothing; of a state that is saved again, the same.
   * @throws `INVALID_ARGUMENT` for what is no such state; `CONFLICT` when the history was cleared since; `COMMIT_TOO_LARGE`
   * beyond 15 MiB of states that are kept together, with `scope` those of one scope.
   */
  async savePendingRun(state: SavableRunState | string, runContext?: RunContext): Promise<string> {
    return this.#pendingRuns.save(state, runContext);
  }

  /**
   * The runs that wait for approval, oldest first: of this session, with `scope` of all sessions of the scope. What belongs to
   * a session that is gone is not among them, and is deleted. One small read, and one for each of the sessions, which
   * extends none of them on a store that can describe.
   */
  async pendingRuns(runContext?: RunContext): Promise<PendingRun[]> {
    return this.#pendingRuns.list(runContext);
  }

  /**
   * Decides on calls of a pending run, on all of them or none. They are kept with the run for who takes it. A decision that was
   * made before is made again without effect.
   *
   * @returns the run with its decisions; undefined where there is none (any more).
   * @throws `CONFLICT` where a call was decided otherwise, the run is taken, or the history has changed; `INVALID_ARGUMENT` for
   * a call that the run does not wait for.
   */
  async decidePendingRun(
    id: string,
    decisions: readonly ApprovalDecision[],
    runContext?: RunContext,
  ): Promise<PendingRun | undefined> {
    return this.#pendingRuns.decide(id, decisions, runContext);
  }

  /**
   * Takes a pending run to go on with it: of several who try, one gets it, until it is finished or given back or its lease
   * ends. The session that it goes on with has the options of this one, but the option `index` of the one that saved it.
   *
   * @returns undefined where there is nothing to take: no such run (any more), or somebody else has it.
   * @throws `CONFLICT` when the history has changed since the run saw it; `UNSUPPORTED_FORMAT` for a state that this version of
   * the SDK cannot read; what `restore` throws. It is not taken then.
   */
  async takePendingRun<State extends RestoredRunState>(
    id: string,
    options: TakePendingRunOptions<State>,
    runContext?: RunContext,
  ): Promise<TakenRun<State> | undefined> {
    return this.#pendingRuns.take(id, options, runContext);
  }

  /** Deletes a pending run that is given up. Returns whether there was one. */
  async deletePendingRun(id: string, runContext?: RunContext): Promise<boolean> {
    return this.#pendingRuns.delete(id, runContext);
  }

  /**
   * Puts items into this session, which must hold nothing, in one atomic commit: a conversation from elsewhere. Repeated with
   * the same items, it does nothing, for as long as the session lives, also when the conversation has gone on.
   *
   * What is too large for one commit of the store goes in by several, of at most 4 MiB and 10,000 items. Where one fails, the
   * message tells how many items are in; called again with the same items, also by another process, it goes on from there.
   *
   * @throws `CONFLICT` when there is something in the session already, or somebody else writes to it meanwhile;
   * `COMMIT_TOO_LARGE` for one item that is too large; `INVALID_ARGUMENT` with a `replayId`. A `SessionError` that names no number of items has changed nothing.
   */
  async importItems(items: AgentInputItem[], runContext?: RunContext): Promise<void> {
    const view = this.#views.open(runContext);
    assertNoReplay(view, 'importItems');
    const texts = itemTexts(items);
    await view.writes.run(() => importItems(this.#access, view, texts));
  }

  /**
   * Makes another session of the first items of this one, or of all: in one atomic commit, so that nobody sees a part of
   * it. Then the two have nothing in common. This session is only read; with a `cache`, what is new of it.
   *
   * Repeated with the same arguments, it does nothing, as long as the source holds the same items there: also after a
   * lost answer, and when the fork has gone on. Records that cannot be decoded are copied as they are with
   * `onCorruptRecord: 'skip'`, and not counted; else, and with `encryption`, `CORRUPT_RECORD` is thrown for one in front of
   * `upTo`.
   *
   * @returns a session with this one's store and options; it owns no connection.
   * @throws `CONFLICT` when there is a session with that id already, which is left as it is; `INVALID_ARGUMENT` also when
   * there are fewer than `upTo` items; `COMMIT_TOO_LARGE` for more than the store takes in one commit.
   */
  async fork(options: ForkOptions, runContext?: RunContext): Promise<StoredSession> {
    const view = this.#views.open(runContext);
    const { sessionId, upTo } = parseForkOptions(options);
    const fork = new StoredSession(this.#store, { ...this.#options, sessionId });
    await forkHistory(this.#access, view, fork.#views.open(runContext), upTo);
    return fork;
  }

  #listed(): Registration {
    if (this.#registration) return this.#registration;
    throw new SessionError('INVALID_ARGUMENT', 'a session has details with the option index only');
  }
}
