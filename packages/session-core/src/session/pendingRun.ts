import type { RunContext, RunToolApprovalItem } from '@openai/agents';
import type { StoredSession } from './storedSession';

/** The SDK's `RunState`, as far as it is saved: its text, and the context of its run. */
export interface SavableRunState {
  toString(): string;
  readonly _context: RunContext;
}

/** The SDK's `RunState`, as far as it is decided. */
export interface RestoredRunState {
  getInterruptions(): readonly RunToolApprovalItem[];
  approve(item: RunToolApprovalItem): void;
  reject(item: RunToolApprovalItem, options?: { message?: string }): void;
}

/** A run that waits for approval, as it is listed: nothing of its content but the names of tools. */
export interface PendingRun {
  /** Random; tells nothing. */
  readonly id: string;
  readonly sessionId: string;
  readonly savedAt: Date;
  /** Of the state, as the SDK that wrote it counts: `'1.22'`. */
  readonly schemaVersion: string;
  readonly approvals: readonly PendingApproval[];
  /**
   * `'waiting'`: it can be decided and taken. `'taken'`: somebody is at it. `'outdated'`: the history has changed since, so it
   * cannot be resumed any more, for instance because somebody did and did not come to delete it.
   */
  readonly status: 'waiting' | 'taken' | 'outdated';
}

/** One call that waits for approval. */
export interface PendingApproval {
  /** The call's `callId`; of a hosted tool, the `id` of its request. Its arguments are in the history, under this id. */
  readonly callId: string;
  readonly toolName: string;
  /** Undefined: not decided yet. */
  readonly decision?: 'approved' | 'rejected' | undefined;
}

/** `message` is what the model is told in the place of the tool's result. */
export type ApprovalDecision =
  | { readonly callId: string; readonly approve: true }
  | { readonly callId: string; readonly approve: false; readonly message?: string | undefined };

export interface TakePendingRunOptions<State extends RestoredRunState> {
  /**
   * Makes the state of its text: `(text) => RunState.fromString(agent, text)`. Called before the run is taken, and again
   * where others change the list meanwhile; what it throws leaves it untaken.
   */
  readonly restore: (text: string) => State | Promise<State>;
  /**
   * How long nobody else can take the run, in whole seconds from 1 to 86,400; longer than its tools and its model take. After
   * that, a taker that has not finished counts as dead. Default 300.
   *
   * It is measured by the clocks of the processes that take: where they differ, it holds for as much longer or shorter.
   */
  readonly leaseSeconds?: number | undefined;
}

/** A run that was taken, by this taker only. */
export interface TakenRun<State> {
  /** With the decisions that were made; others can still be made on it. */
  readonly state: State;
  /**
   * For this run only: `run(agent, state, { session })`. It begins at the revision that the run saw and refuses to write to
   * another one with `CONFLICT`, whatever `concurrentWrites` is, so that of several takers one stores a result. A run that
   * waits once more is saved with `session.savePendingRun`, which puts it in the place of this one.
   */
  readonly session: StoredSession;
  /** To be called once the run has ended and its result is stored: deletes the pending run. */
  finish(): Promise<void>;
  /** Gives the run back before its time, for another try. Does nothing where somebody else has taken it since. */
  release(): Promise<void>;
}
