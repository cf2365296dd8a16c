import { resolveStoreOptions, withRetries, type StoreOptions } from '@agent-sessions/session-core/store';
import { toSessionError } from '../table/errors';
import type { Bounds } from '../table/untilAnswered';

/** Reads within the time of one call, with the errors of sessions. Requests are tried again one by one. */
export async function readWithin<T>(
  options: Pick<StoreOptions, 'timeoutMs' | 'signal'>,
  tableName: string,
  read: (bounds: Bounds) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal } = resolveStoreOptions(options);
  const deadline = performance.now() + timeoutMs;
  const call = { timeoutMs, signal, isReadOnly: true, isTransient: () => false };
  const onTransient = (): void => undefined;
  try {
    return await withRetries(call, (limit) =>
      read({ signal: limit.signal, timeoutMs, deadline, onTransient }),
    );
  } catch (error) {
    throw toSessionError(error, tableName);
  }
}
