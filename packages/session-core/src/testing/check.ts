import { SessionError, type SessionErrorCode } from '../store/errors';
import { toExactJson } from '../records/exactJson';
import type {
  CommitResult,
  HistoryChange,
  Revision,
  SessionStore,
  StoredRecord,
} from '../store/sessionStore';

/*
 * Values are compared as canonical texts, not by `assert.deepStrictEqual`: under a runner that gives tests a realm of their
 * own, equal objects can have different prototypes.
 */

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [actualText, expectedText] = [canonical(actual), canonical(expected)];
  check(actualText === expectedText, `${what}: expected ${brief(expectedText)}, got ${brief(actualText)}`);
}

export async function checkRecords(
  store: SessionStore,
  sessionId: string,
  expected: readonly StoredRecord[],
  what = 'the stored records',
): Promise<void> {
  const { records } = await store.read(sessionId);
  const difference = expected.findIndex((record, index) => canonical(record) !== canonical(records[index]));
  if (difference !== -1) {
    checkEqual(records[difference], expected[difference], `${what}, at index ${difference}`);
  }
  checkEqual(records.length, expected.length, `${what}: how many`);
}

export async function checkThrows(
  code: SessionErrorCode,
  action: () => Promise<unknown>,
  what: string,
): Promise<SessionError> {
  try {
    await action();
  } catch (error) {
    check(SessionError.is(error), `${what}: expected a SessionError, got ${String(error)}`);
    checkEqual(error.code, code, `${what}: the error's code`);
    return error;
  }
  throw new Error(`${what}: expected ${code}, but it succeeded`);
}

/** Commits and returns the new revision; fails unless it went in. */
export async function commit(
  store: SessionStore,
  sessionId: string,
  change: Partial<HistoryChange>,
): Promise<Revision> {
  const result = await tryCommit(store, sessionId, change);
  check(result.status === 'committed', `a commit: expected 'committed', got '${result.status}'`);
  return result.revision;
}

export async function tryCommit(
  store: SessionStore,
  sessionId: string,
  change: Partial<HistoryChange>,
): Promise<CommitResult> {
  return store.commit(sessionId, { idempotencyKey: newIdempotencyKey(), append: [], ...change });
}

export function newIdempotencyKey(): string {
  return globalThis.crypto.randomUUID();
}

/** `['a1', …, 'an']`, each a JSON text as the codec would write it. */
export function texts(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `{"text":"${label}${index + 1}"}`);
}

function canonical(value: unknown): string {
  return value === undefined ? 'undefined' : toExactJson(value, 'value', true);
}

function brief(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
