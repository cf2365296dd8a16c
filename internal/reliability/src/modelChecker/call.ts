import type {
  CommitResult,
  HistoryChange,
  SessionStore,
  StoredHistory,
  TtlRefresh,
} from '@agent-sessions/session-core/store';
import type { Dice } from '../workload/dice';

/** What a process's store is made with. */
export interface ProcessOptions {
  readonly ttlSeconds: number | undefined;
  readonly ttlRefresh: TtlRefresh;
  readonly timeoutMs: number;
}

/** One process with a store of its own on the session. */
export interface Process {
  readonly name: string;
  /** What its clock is ahead of true time, in milliseconds. */
  readonly clockAhead: number;
  readonly options: ProcessOptions;
  readonly store: SessionStore;
  isDead: boolean;
  /** The last revision and length that it learned. */
  revision: string | undefined;
  length: number;
  /** The last whole history that it read; undefined where that was nothing. */
  known: StoredHistory | undefined;
}

export type Verb =
  | { readonly verb: 'commit'; readonly change: HistoryChange }
  | {
      readonly verb: 'read';
      readonly last: number | undefined;
      /** What its caller has, and asks only for what came after. */
      readonly known: StoredHistory | undefined;
    }
  | { readonly verb: 'clear' };

export type Answer =
  | { readonly kind: 'committed'; readonly result: CommitResult }
  | { readonly kind: 'history'; readonly history: StoredHistory }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'error'; readonly code: string; readonly error: unknown };

/** One call of one store, and all that it does. */
export interface Call {
  readonly name: string;
  readonly process: Process;
  readonly verb: Verb;
  /** Decides what becomes of its requests. */
  readonly dice: Dice;
  /** In true time. */
  readonly calledAt: number;
  /** What it was told when it asked for the time: the earliest and the latest. */
  clock: { from: number; to: number } | undefined;
  /** Undefined while it is under way, and where its process was killed. */
  answer: Answer | undefined;
}
