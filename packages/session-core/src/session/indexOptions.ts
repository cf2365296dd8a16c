import { readFields } from '../arguments/readArguments';
import { indexId } from './sessionId';
import { invalid } from '../arguments/invalid';

/** Whose index a session is in. */
export interface SessionIndexing {
  /**
   * Whose sessions are listed together: non-empty, well-formed Unicode, as long as a session id may be but for some bytes. Default
   * the scope.
   */
  readonly owner?: string | undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws `INVALID_ARGUMENT` */
export function parseIndexing(given: SessionIndexing, isScoped: boolean): SessionIndexing {
  const { owner } = readFields(given, 'index');
  assertOwner(owner, isScoped);
  return { owner };
}

/**
 * @param isScoped - whether the sessions are those of a scope, which can stand in for an owner.
 * @throws `INVALID_ARGUMENT`
 */
export function assertOwner(owner: unknown, isScoped: boolean): asserts owner is string | undefined {
  if (owner === undefined) {
    if (!isScoped) throw invalid('an index needs an owner, or a scope');
    return;
  }
  if (!isName(owner)) throw invalid('owner must be a non-empty, well-formed string');
  if (!isScoped) indexId(owner);
}

/** Whether it can be the name of an owner or a scope. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !LONE_SURROGATE.test(value);
}
