import { SessionError } from '@agent-sessions/session-redis';

/** Logs what went wrong. A session's error holds nothing that was said; another one may, and so only its kind is logged. */
export function report(what: string, error: unknown): void {
  if (SessionError.is(error)) console.error(`${what}:`, error);
  else console.error(`${what}: ${error instanceof Error ? error.name : typeof error}`);
}
