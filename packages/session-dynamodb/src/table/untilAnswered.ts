import {
  backoffMs,
  pause,
  SessionError,
  withRetries,
  type CallTally,
} from '@agent-sessions/session-core/store';
import { asUnanswered, describe, isTransient, mayHaveLanded } from './errors';
import { tallyAnswer, tallyFailure, type Answer } from './tallying';

/** When the requests of one call end. */
export interface Bounds {
  readonly signal: AbortSignal;
  /** Milliseconds for the whole call. */
  readonly timeoutMs: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  /** Is told of each error after which a request is sent again. */
  readonly onTransient: (error: unknown) => void;
  /** Where somebody observes the call. */
  readonly tally?: CallTally | undefined;
}

export interface Request<T> {
  /** Whether it changes the session. */
  readonly isChange: boolean;
  readonly send: (options: { abortSignal: AbortSignal }) => Promise<T>;
  /** Whether this is an answer of DynamoDB: a proxy may answer 200 and nothing else. */
  readonly isWhole: (answer: T) => boolean;
}

/** Of the time of its call, the first try of a request gets a sixth, within these bounds; one after a try that took all of its own gets twice as much. */
const FIRST_SHARE = 1 / 6;
const SHORTEST_FIRST_TRY_MS = 1_000;
const LONGEST_FIRST_TRY_MS = 10_000;

/**
 * Sends the same request until it is known what became of it: every one here is safe to repeat, as a row that landed
 * tells by its idempotency key.
 *
 * @throws `STORE_UNAVAILABLE` where a try had no answer and a later one was refused for good: other errors say that
 * nothing changed.
 */
export async function untilAnswered<T extends Answer>(bounds: Bounds, request: Request<T>): Promise<T> {
  const { tally } = bounds;
  let hung = 0;
  let isUnknown = false;
  for (let tries = 0; ; tries++) {
    if (tries > 0 && tally) tally.retries++;
    try {
      const answer = await sendOnce(bounds, hung, request);
      if (tally) tallyAnswer(tally, request.isChange, answer);
      return answer;
    } catch (error) {
      if (tally) tallyFailure(tally, error);
      if (!isTransient(error)) {
        const isResult = describe(error).name === 'ConditionalCheckFailedException';
        throw isUnknown && !isResult ? asUnanswered(error) : error;
      }
      isUnknown ||= request.isChange && mayHaveLanded(error);
      const isHung = SessionError.is(error, 'TIMEOUT');
      if (isHung) hung++;
      else bounds.onTransient(error);
      await pauseBefore(bounds, tries, isHung ? undefined : isUnknown ? asUnanswered(error) : error);
    }
  }
}

/**
 * One try, which a connection that hangs does not keep for longer than its share of the time.
 *
 * @param hung How many tries of the request have used up theirs.
 * @throws `TIMEOUT` when it has; what `send` throws.
 */
export async function sendOnce<T>(
  { timeoutMs, signal }: Pick<Bounds, 'timeoutMs' | 'signal'>,
  hung: number,
  { send, isWhole }: Omit<Request<T>, 'isChange'>,
): Promise<T> {
  const share = Math.min(Math.max(timeoutMs * FIRST_SHARE, SHORTEST_FIRST_TRY_MS), LONGEST_FIRST_TRY_MS);
  const options = {
    timeoutMs: Math.min(timeoutMs, share * 2 ** hung),
    signal,
    isReadOnly: true,
    isTransient: () => false,
  };
  const answer = await withRetries(options, ({ signal }) => send({ abortSignal: signal }));
  if (isWhole(answer)) return answer;
  throw new Error('the answer lacks what DynamoDB answers');
}

/** @throws `atDeadline` where there is no time left to wait. */
export async function pauseBefore(
  { signal, deadline }: Pick<Bounds, 'signal' | 'deadline'>,
  tries: number,
  atDeadline?: unknown,
): Promise<void> {
  const delay = backoffMs(tries);
  if (atDeadline !== undefined && performance.now() + delay >= deadline) throw atDeadline as Error;
  await pause(delay, signal);
}
