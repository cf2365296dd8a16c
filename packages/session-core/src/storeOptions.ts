import { SessionError } from './errors';

/** Options that every networked store takes, with the same meaning on each. */
export interface StoreOptions {
  /** The session expires this many seconds after its last write. A positive integer; omitted: never. */
  readonly ttlSeconds?: number | undefined;
  /** Milliseconds for one call of the store, retries included. A positive integer. Default 15,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends calls under way, and refuses new ones, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedStoreOptions {
  readonly ttlMs: number | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** About 100 years: what both DynamoDB's seconds and Redis's milliseconds hold with room to spare. */
const LONGEST_TTL_SECONDS = 3_153_600_000;
/** The longest delay of a Node timer: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws `INVALID_ARGUMENT` */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const { ttlSeconds, timeoutMs = 15_000, signal } = options;
  if (ttlSeconds !== undefined) assertPositiveInteger('ttlSeconds', ttlSeconds, LONGEST_TTL_SECONDS);
  assertPositiveInteger('timeoutMs', timeoutMs, LONGEST_TIMEOUT_MS);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SessionError('INVALID_ARGUMENT', 'signal must be an AbortSignal');
  }
  return { ttlMs: ttlSeconds === undefined ? undefined : ttlSeconds * 1_000, timeoutMs, signal };
}

function assertPositiveInteger(name: string, value: unknown, max: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    throw new SessionError('INVALID_ARGUMENT', `${name} must be an integer from 1 to ${max}`);
  }
}
