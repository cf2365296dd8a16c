import { readFields } from '../arguments/readArguments';
import { SessionError } from '../store/errors';
import { assertSessionId } from './sessionId';

/** What a fork takes of a session, and the session that it makes. */
export interface ForkOptions {
  /** Of the fork, within the scope of the session: 1 to 2,048 bytes of well-formed Unicode. No session with it holds anything. */
  readonly sessionId: string;
  /**
   * How many items from the first on, so the index in what `getItems()` returns of the first item that is left out. A history
   * that was shortened since has other items there. From 0 to the number of items; default all.
   */
  readonly upTo?: number | undefined;
}

/** @throws `INVALID_ARGUMENT` */
export function parseForkOptions(options: ForkOptions): ForkOptions {
  const { sessionId, upTo } = readFields(options, 'the argument');
  assertSessionId(sessionId);
  if (upTo === undefined) return { sessionId };
  if (!Number.isSafeInteger(upTo) || (upTo as number) < 0) {
    throw new SessionError('INVALID_ARGUMENT', 'upTo must be an integer of at least 0');
  }
  return { sessionId, upTo: upTo as number };
}
