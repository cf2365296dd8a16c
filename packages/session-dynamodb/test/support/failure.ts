import { SessionError } from '@agent-sessions/session-core';

/** The `SessionError` that the action ends with. */
export async function failure(action: () => Promise<unknown>): Promise<SessionError> {
  const error: unknown = await action().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof SessionError)) throw new Error(`expected a SessionError, got ${String(error)}`);
  return error;
}
