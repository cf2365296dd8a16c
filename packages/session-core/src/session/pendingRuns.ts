import { randomUUID } from 'node:crypto';
import type { RunContext } from '@openai/agents';
import { mapElements, readFields } from '../arguments/readArguments';
import { digest } from '../records/recordCodec';
import { SessionError } from '../store/errors';
import { NO_HISTORY, type Revision, type SessionStore } from '../store/sessionStore';
import { underContention } from './contention';
import { conflict } from './historyAccess';
import type { HistoryViews } from './historyView';
import type { SessionIndexing } from './indexOptions';
import type {
  ApprovalDecision,
  PendingRun,
  RestoredRunState,
  SavableRunState,
  TakenRun,
  TakePendingRunOptions,
} from './pendingRun';
import type { ApprovalEntry, PendingRunEntry } from './pendingRunEntry';
import {
  changeList,
  clearPendingRuns,
  decodeState,
  encodeState,
  readEntries,
  readList,
  reencryptList,
  writeList,
  type ListedRun,
  type PendingRunList,
  type PendingRunsPlace,
} from './pendingRunList';
import { callIdOf, factsOf, isUnsupportedVersion } from './runStateText';
import { stateOf } from './sessionState';
import type { StoredSession } from './storedSession';
import { invalid } from '../arguments/invalid';

const DEFAULT_LEASE_SECONDS = 300;
const LONGEST_LEASE_SECONDS = 86_400;

/** Makes the session that a taken run goes on with. */
type Resume = (run: PendingRunEntry, runContext: RunContext | undefined) => StoredSession;

/**
 * Runs that wait for approval, beside their histories in the same store. Each change is a read of the list and one commit on
 * condition that it is still the same list: of two who take a run at once, one does.
 *
 * A lease only keeps takers from working twice. That no result is stored twice rests on the revision alone: whoever resumes a
 * run can write to the very history that it saw, and to no other.
 */
export class PendingRuns {
  readonly #store: SessionStore;
  readonly #views: HistoryViews;
  readonly #sessionId: string;
  readonly #index: SessionIndexing | undefined;
  readonly #resume: Resume;
  /** The taken run that this session goes on with, until it waits once more. */
  #taken: string | undefined;

  constructor(
    store: SessionStore,
    views: HistoryViews,
    session: { readonly sessionId: string; readonly index: SessionIndexing | undefined },
    resume: Resume,
  ) {
    this.#store = store;
    this.#views = views;
    this.#sessionId = session.sessionId;
    this.#index = session.index;
    this.#resume = resume;
  }

  /** From now on, the next run that is saved takes the place of this one. */
  continueFrom(id: string): void {
    this.#taken = id;
  }

  async save(given: SavableRunState | string, runContext: RunContext | undefined): Promise<string> {
    const { text, context } = takeState(given);
    const facts = factsOf(text);
    const view = this.#views.open(runContext ?? context);
    const place = this.#place(runContext ?? context);
    return view.writes.run(async () => {
      const revision = view.seen;
      if (revision === undefined) {
        throw invalid('savePendingRun needs the session object, and the run context, that the run was given');
      }
      if (revision === NO_HISTORY) throw conflict();
      const state = await encodeState(place, text);
      let id: string = randomUUID();
      const entry: PendingRunEntry = {
        ...{ id, sessionId: this.#sessionId, index: this.#index, revision, savedAt: Date.now() },
        ...facts,
        digest: digest(text),
      };
      await changeList(this.#store, place, ({ runs }) => {
        const others = runs.filter((run) => run.entry.id !== this.#taken);
        const same = others.find((run) => isSameState(run.entry, entry));
        id = (same?.entry ?? entry).id;
        return same ? others : [...others, { entry, state }];
      });
      this.#taken = undefined;
      return id;
    });
  }

  async list(runContext: RunContext | undefined): Promise<PendingRun[]> {
    const place = this.#place(runContext);
    const entries = await readEntries(this.#store, place);
    const sessionIds = [...new Set(entries.map(({ sessionId }) => sessionId))];
    const revisions = new Map(
      await Promise.all(
        sessionIds.map(async (sessionId) => [sessionId, await this.#revisionOf(place, sessionId)] as const),
      ),
    );
    const isGone = ({ sessionId }: PendingRunEntry): boolean => revisions.get(sessionId) === NO_HISTORY;
    if (entries.some(isGone)) {
      await changeList(this.#store, place, ({ runs }) => runs.filter(({ entry }) => !isGone(entry)));
    }
    return entries
      .filter((entry) => !isGone(entry))
      .map((entry) => described(entry, revisions.get(entry.sessionId)));
  }

  async decide(
    id: string,
    given: readonly ApprovalDecision[],
    runContext: RunContext | undefined,
  ): Promise<PendingRun | undefined> {
    const place = this.#place(runContext);
    const decisions = takeDecisions(given);
    return underContention(async () => {
      const list = await readList(this.#store, place);
      const run = find(list, id);
      if (run === undefined) return undefined;
      if (isTaken(run.entry)) throw new SessionError('CONFLICT', 'the pending run was taken meanwhile');
      await this.#assertUnchanged(place, run.entry);
      const entry = { ...run.entry, approvals: decided(run.entry.approvals, decisions) };
      await writeList(this.#store, place, list, replaced(list, entry));
      return described(entry, entry.revision);
    });
  }

  async take<State extends RestoredRunState>(
    id: string,
    options: TakePendingRunOptions<State>,
    runContext: RunContext | undefined,
  ): Promise<TakenRun<State> | undefined> {
    const place = this.#place(runContext);
    const { restore, leaseSeconds } = takeOptions<State>(options);
    return underContention(async () => {
      const list = await readList(this.#store, place);
      const run = find(list, id);
      if (run === undefined || isTaken(run.entry)) return undefined;
      await this.#assertUnchanged(place, run.entry);
      const state = await restored(restore, await decodeState(place, run), run.entry);
      const lease = { token: randomUUID(), until: Date.now() + leaseSeconds * 1_000 };
      await writeList(this.#store, place, list, replaced(list, { ...run.entry, lease }));
      return {
        state,
        session: this.#resume(run.entry, runContext),
        finish: async () => {
          await this.delete(id, runContext);
        },
        release: async () => {
          await changeList(this.#store, place, (current) => {
            const { entry } = find(current, id) ?? {};
            if (entry?.lease?.token !== lease.token) return current.runs;
            return replaced(current, { ...entry, lease: undefined });
          });
        },
      };
    });
  }

  async delete(id: string, runContext: RunContext | undefined): Promise<boolean> {
    return changeList(this.#store, this.#place(runContext), ({ runs }) =>
      runs.filter(({ entry }) => entry.id !== id),
    );
  }

  /** Deletes the runs of this session, whose history is being cleared. */
  async clear(runContext: RunContext | undefined): Promise<void> {
    const place = this.#views.pendingRuns(runContext);
    if (place) await clearPendingRuns(this.#store, place, [this.#sessionId]);
  }

  /** @throws `CONFLICT` while a run of this session can be resumed at this revision, and at no other. */
  async assertNoneAt(revision: Revision, runContext: RunContext | undefined): Promise<void> {
    const place = this.#views.pendingRuns(runContext);
    if (place === undefined) return;
    const entries = await readEntries(this.#store, place);
    if (entries.some((entry) => entry.sessionId === this.#sessionId && entry.revision === revision)) {
      throw new SessionError(
        'CONFLICT',
        'a run of this session waits for approval: finish or delete it first',
      );
    }
  }

  /** Returns how many records were not under the newest key; with a scope, of all its sessions. */
  async reencrypt(runContext: RunContext | undefined): Promise<number> {
    const place = this.#views.pendingRuns(runContext);
    return place === undefined ? 0 : underContention(() => reencryptList(this.#store, place));
  }

  #place(runContext: RunContext | undefined): PendingRunsPlace {
    const place = this.#views.pendingRuns(runContext);
    if (place) return place;
    throw invalid('the session id is too long for pending runs: at most 2,041 bytes without a scope');
  }

  async #revisionOf(place: PendingRunsPlace, sessionId: string): Promise<Revision> {
    return (await stateOf(this.#store, place.storedIdOf(sessionId))).revision;
  }

  async #assertUnchanged(place: PendingRunsPlace, { sessionId, revision }: PendingRunEntry): Promise<void> {
    if ((await this.#revisionOf(place, sessionId)) !== revision) throw conflict();
  }
}

function find({ runs }: PendingRunList, id: string): ListedRun | undefined {
  return runs.find(({ entry }) => entry.id === id);
}

function replaced({ runs }: PendingRunList, entry: PendingRunEntry): ListedRun[] {
  return runs.map((run) => (run.entry.id === entry.id ? { entry, state: run.state } : run));
}

/** Whether both are one state, saved twice, for instance because the first answer was lost. */
function isSameState(left: PendingRunEntry, right: PendingRunEntry): boolean {
  return (
    left.sessionId === right.sessionId && left.revision === right.revision && left.digest === right.digest
  );
}

function isTaken({ lease }: PendingRunEntry): boolean {
  return lease !== undefined && lease.until > Date.now();
}

function described(entry: PendingRunEntry, revision: Revision | undefined): PendingRun {
  const { id, sessionId, savedAt, schemaVersion, approvals } = entry;
  return {
    id,
    sessionId,
    savedAt: new Date(savedAt),
    schemaVersion,
    approvals: approvals.map(({ callId, toolName, decision }) => ({
      callId,
      toolName,
      decision: decision && (decision.approve ? 'approved' : 'rejected'),
    })),
    status: isTaken(entry) ? 'taken' : revision === entry.revision ? 'waiting' : 'outdated',
  };
}

/** The approvals with all these decisions, or none. */
function decided(
  approvals: readonly ApprovalEntry[],
  decisions: ReadonlyMap<string, NonNullable<ApprovalEntry['decision']>>,
): ApprovalEntry[] {
  const callIds = new Set(approvals.map(({ callId }) => callId));
  if ([...decisions.keys()].some((callId) => !callIds.has(callId))) {
    throw invalid('a decision is on a call that the run does not wait for');
  }
  return approvals.map((approval) => {
    const { callId, decision: earlier } = approval;
    const decision = decisions.get(callId);
    if (decision === undefined) return approval;
    if (earlier && (earlier.approve !== decision.approve || earlier.message !== decision.message)) {
      throw new SessionError('CONFLICT', 'a call was decided otherwise meanwhile');
    }
    return { ...approval, decision };
  });
}

async function restored<State extends RestoredRunState>(
  restore: (text: string) => State | Promise<State>,
  text: string,
  { schemaVersion, approvals }: PendingRunEntry,
): Promise<State> {
  let state: State;
  try {
    state = await restore(text);
  } catch (error) {
    if (!isUnsupportedVersion(error, schemaVersion)) throw error;
    throw new SessionError(
      'UNSUPPORTED_FORMAT',
      `the pending run's state has schema version ${schemaVersion}, which this version of the SDK cannot read`,
    );
  }
  const decisions = new Map(approvals.map(({ callId, decision }) => [callId, decision]));
  for (const item of state.getInterruptions()) {
    const decision = decisions.get(callIdOf(item.rawItem) ?? '');
    if (decision?.approve === true) state.approve(item);
    if (decision?.approve === false) {
      state.reject(item, decision.message === undefined ? {} : { message: decision.message });
    }
  }
  return state;
}

function takeState(given: SavableRunState | string): { text: string; context: RunContext | undefined } {
  if (typeof given === 'string') return { text: given, context: undefined };
  let text: unknown;
  let context: unknown;
  try {
    text = given.toString();
    context = given._context;
  } catch {
    // What was thrown may hold content.
  }
  if (typeof text !== 'string')
    throw invalid('the state must be a RunState that can be written, or its text');
  return { text, context: context as RunContext | undefined };
}

function takeOptions<State extends RestoredRunState>(
  given: TakePendingRunOptions<State>,
): Required<Pick<TakePendingRunOptions<State>, 'restore'>> & { leaseSeconds: number } {
  const { restore, leaseSeconds = DEFAULT_LEASE_SECONDS } = readFields(given, 'the options');
  if (typeof restore !== 'function') throw invalid('restore must be a function');
  const seconds = Number(leaseSeconds);
  if (
    leaseSeconds !== seconds ||
    !Number.isInteger(seconds) ||
    seconds < 1 ||
    seconds > LONGEST_LEASE_SECONDS
  ) {
    throw invalid(`leaseSeconds must be an integer from 1 to ${LONGEST_LEASE_SECONDS}`);
  }
  return { restore: restore as TakePendingRunOptions<State>['restore'], leaseSeconds: seconds };
}

function takeDecisions(
  given: readonly ApprovalDecision[],
): Map<string, NonNullable<ApprovalEntry['decision']>> {
  const decisions = new Map<string, NonNullable<ApprovalEntry['decision']>>();
  mapElements(given, 'decisions', (each, path) => {
    const { callId, approve, message } = readFields(each, path);
    if (typeof callId !== 'string') throw invalid(`${path}.callId must be a string`);
    if (typeof approve !== 'boolean') throw invalid(`${path}.approve must be true or false`);
    if (message !== undefined && (approve || typeof message !== 'string')) {
      throw invalid(`${path}.message must be a string, and only of a rejection`);
    }
    if (decisions.has(callId)) throw invalid(`${path} is on a call that another decision is on`);
    decisions.set(callId, { approve, message });
  });
  return decisions;
}
