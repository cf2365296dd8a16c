import type { RunContext } from '@openai/agents';
import type { RecordCodec } from '../records/recordCodec';
import { areSameRecords, type KnownHistory } from './recordLists';
import { ReplayedWrites } from './replayedWrites';
import { pendingRunsPlace, type PendingRunsPlace } from './pendingRunList';
import { storedSessionId } from './sessionId';
import type { CodecOf } from './sessionCodecs';
import { scopeOf, type ResolvedSessionOptions, type SessionScope } from './sessionOptions';
import {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type Revision,
  type StoredHistory,
  type StoredRecord,
} from '../store/sessionStore';
import { WriteQueue } from './writeQueue';

/*
 * What one session object, and each run on it, knows of the stored history. Two questions rest on it: whether a write with
 * `concurrentWrites: 'reject'` may go in, and what a compaction replaces.
 *
 * The SDK's Runner reads in the middle of a run too, right before it writes, and shows its model nothing of that. So what a
 * run has seen is what it read at its beginning, and what it wrote itself.
 */

/** What a change does to the records that a view knows. */
export interface KnownChange {
  readonly drop?: number | 'all' | undefined;
  readonly becomes: (known: readonly StoredRecord[]) => readonly StoredRecord[];
}

/** Where a session is, and what it is called there. */
export interface SessionAddress {
  readonly sessionId: string;
  readonly scope: string | undefined;
  readonly storedId: string;
}

export interface HistoryView {
  readonly storedId: string;
  readonly codec: RecordCodec;
  /** Carries out the writes one after the other. */
  readonly writes: WriteQueue;
  /** By what a replay of its writes is recognised; absent without a `replayId`. */
  readonly replay: ReplayedWrites | undefined;
  /** The object's own view, which is this one outside a run. */
  readonly object: ObjectView;
  /** The state at which a fenced write may go in; undefined: at any. */
  readonly seen: Revision | undefined;
  /** What a compaction replaces; undefined: all that is stored. */
  readonly known: KnownHistory | undefined;
  /** @param start - what `object.tick()` was when the read began. */
  noteRead(start: number, history: StoredHistory, isWhole: boolean): void;
  /** @param at - the state that the change was bound to. */
  noteCommit(revision: Revision, at: Revision | undefined, change: KnownChange): void;
  /** A change whose answer was lost, so that it may be in; or one that is in from an earlier call. */
  noteUncertain(change: KnownChange): void;
  noteCleared(): void;
}

/** What an object knows outside runs: what was last read or written through it, in whatever run. */
export class ObjectView implements HistoryView {
  readonly address: SessionAddress;
  readonly codec: RecordCodec;
  readonly replay: ReplayedWrites | undefined;
  readonly writes: WriteQueue;
  readonly object = this;
  seen: Revision | undefined;
  /** The history as last read whole, until this object takes something off it. */
  known: KnownHistory | undefined;
  /**
   * When the object saw that, counted by `tick`. A read shows the history as it was when the read began, a write as it was when
   * the write ended.
   */
  #seenAt = 0;
  #ticks = 0;

  constructor(address: SessionAddress, codec: RecordCodec, replay: ReplayedWrites | undefined) {
    this.address = address;
    this.codec = codec;
    this.replay = replay;
    this.writes = replay?.queue ?? new WriteQueue();
  }

  get storedId(): string {
    return this.address.storedId;
  }

  tick(): number {
    return ++this.#ticks;
  }

  noteRead(start: number, history: StoredHistory, isWhole: boolean): void {
    this.#see(start, history.revision, isWhole ? history : this.known);
  }

  noteCommit(revision: Revision, _at: Revision | undefined, { drop }: KnownChange): void {
    this.#see(this.tick(), revision, drop === undefined ? this.known : undefined);
  }

  noteUncertain(): void {
    // The object is held to what it saw before; its next read shows whether the change is in.
  }

  noteCleared(): void {
    this.#see(this.tick(), NO_HISTORY, undefined);
  }

  /** Notes what was seen, unless it was overtaken by what was seen later. */
  #see(at: number, revision: Revision, known: KnownHistory | undefined): void {
    if (at < this.#seenAt) return;
    this.seen = revision;
    this.#seenAt = at;
    this.known = known;
  }
}

/** Of how many changes that may be in a run looks for one. */
const MOST_UNCERTAIN = 8;

/**
 * What a run knows: what it read first, and what it wrote. A later read moves neither, with one exception: one that shows
 * exactly what the run knows and a write of its own whose answer was lost, hence nothing of others.
 */
export class RunView implements HistoryView {
  readonly object: ObjectView;
  known: KnownHistory | undefined;
  #seen: Revision | undefined;
  #wroteAt = 0;
  /** What may be stored, the latest last: after each change of which nobody knows, what is known with it. */
  #uncertain: readonly (readonly StoredRecord[])[] = [];

  /** @param start - the state that the run has seen before, elsewhere; undefined: it begins with what it reads. */
  constructor(object: ObjectView, start?: Revision) {
    this.object = object;
    this.#seen = start;
  }

  get storedId(): string {
    return this.object.storedId;
  }

  get codec(): RecordCodec {
    return this.object.codec;
  }

  get writes(): WriteQueue {
    return this.object.writes;
  }

  get replay(): ReplayedWrites | undefined {
    return this.object.replay;
  }

  /** A run that has neither read nor written is held to what its object has seen. */
  get seen(): Revision | undefined {
    return this.#seen ?? this.object.seen;
  }

  noteRead(start: number, history: StoredHistory, isWhole: boolean): void {
    this.object.noteRead(start, history, isWhole);
    if (start < this.#wroteAt) return;
    if (isWhole && this.#uncertain.some((records) => areSameRecords(history.records, records))) {
      this.#seen = history.revision;
      this.known = history;
      this.#uncertain = [];
    }
    this.#seen ??= history.revision;
    if (isWhole) this.known ??= history;
  }

  noteCommit(revision: Revision, at: Revision | undefined, change: KnownChange): void {
    this.object.noteCommit(revision, at, change);
    this.#wroteAt = this.object.tick();
    this.#seen = revision;
    this.#uncertain = [];
    const { known } = this;
    if (!known) return;
    const isExact = at !== undefined && at === known.revision;
    this.known = { records: change.becomes(known.records), revision: isExact ? revision : undefined };
  }

  noteUncertain({ becomes }: KnownChange): void {
    if (!this.known) return;
    // An encrypted record is another one at each try, and any of the tries may be the one that is in.
    this.#uncertain = [...this.#uncertain.slice(1 - MOST_UNCERTAIN), becomes(this.known.records)];
  }

  noteCleared(): void {
    this.object.noteCleared();
    this.#wroteAt = this.object.tick();
    this.#seen = NO_HISTORY;
    this.#uncertain = [];
    this.known = { records: [], revision: NO_HISTORY };
  }

  /** Others wrote: from now on, what is stored is not just what this run knows. */
  noteOthers(): void {
    this.known &&= { ...this.known, revision: undefined };
  }
}

/** The views of one session object: one for each run context, and one for calls without. */
export class HistoryViews {
  readonly #sessionId: string;
  readonly #scope: SessionScope | undefined;
  readonly #replayId: string | undefined;
  readonly #codecOf: CodecOf;
  /** By stored id: also where runs have views of their own, the object's writes are counted through. */
  readonly #replays = new Map<string, ReplayedWrites>();
  /** Absent with a scope, which every call is given. */
  readonly #ofObject: ObjectView | undefined;
  readonly #ofRun = new WeakMap<RunContext, RunView>();
  /** The one view of a session that goes on with a run from elsewhere. */
  #started: RunView | undefined;

  constructor(
    { sessionId, scope, replayId }: Pick<ResolvedSessionOptions, 'sessionId' | 'scope' | 'replayId'>,
    codecOf: CodecOf,
  ) {
    this.#sessionId = sessionId;
    this.#scope = scope;
    this.#replayId = replayId;
    this.#codecOf = codecOf;
    if (scope === undefined) this.#ofObject = this.#objectView(undefined);
  }

  /** @throws `MISSING_SCOPE` */
  open(runContext: RunContext | undefined): HistoryView {
    const object = this.#ofObject ?? this.#objectView(this.#scopeName(runContext));
    if (this.#started) return this.#startedIn(object, this.#started);
    if (!isContext(runContext)) return object;
    const known = this.#ofRun.get(runContext);
    if (known?.storedId === object.storedId) return known;
    const view = new RunView(object);
    this.#ofRun.set(runContext, view);
    return view;
  }

  /**
   * The view of a run that begins now, whatever runs there were with this context before.
   *
   * @throws `MISSING_SCOPE`
   */
  begin(runContext: RunContext | undefined): RunView {
    const { object } = this.open(runContext);
    if (this.#started) return this.#startedIn(object, this.#started);
    const view = new RunView(object);
    if (isContext(runContext)) this.#ofRun.set(runContext, view);
    return view;
  }

  /**
   * From now on, all calls are those of one run that has seen this revision elsewhere.
   *
   * @throws `MISSING_SCOPE`
   */
  startAt(revision: Revision, runContext: RunContext | undefined): void {
    this.#started = new RunView(this.open(runContext).object, revision);
  }

  /** In another scope than that of the run, there is no such revision. */
  #startedIn(object: ObjectView, started: RunView): RunView {
    return object.storedId === started.storedId ? started : new RunView(object, NO_SUCH_REVISION);
  }

  /**
   * Undefined where the session id is so long that there is no such place.
   *
   * @throws `MISSING_SCOPE`
   */
  pendingRuns(runContext: RunContext | undefined): PendingRunsPlace | undefined {
    return pendingRunsPlace(this.#sessionId, this.#scopeName(runContext), this.#codecOf);
  }

  #objectView(scope: string | undefined): ObjectView {
    const storedId = storedSessionId(this.#sessionId, scope);
    const codec = this.#codecOf(storedId, scope);
    const address = { sessionId: this.#sessionId, scope, storedId };
    return new ObjectView(address, codec, this.#replayOf(storedId, codec));
  }

  #replayOf(storedId: string, codec: RecordCodec): ReplayedWrites | undefined {
    if (this.#replayId === undefined) return undefined;
    const known = this.#replays.get(storedId);
    if (known !== undefined) return known;
    const replay = new ReplayedWrites(this.#replayId, codec);
    this.#replays.set(storedId, replay);
    return replay;
  }

  #scopeName(runContext: RunContext | undefined): string | undefined {
    return this.#scope && scopeOf(this.#scope, runContext);
  }
}

/** Untyped callers pass other things, for instance as a callback. */
function isContext(runContext: unknown): runContext is RunContext {
  return typeof runContext === 'object' && runContext !== null;
}
