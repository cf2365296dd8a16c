import { SessionError } from '../store/errors';

/** @throws `INVALID_ARGUMENT` */
export function assertOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) {
    throw new SessionError('INVALID_ARGUMENT', `${name} must be one of ${allowed.join(', ')}`);
  }
}
