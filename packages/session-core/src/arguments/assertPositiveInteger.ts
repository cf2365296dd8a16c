import { SessionError } from '../store/errors';

/** @throws `INVALID_ARGUMENT` */
export function assertPositiveInteger(
  name: string,
  value: unknown,
  max: number,
  hint = '',
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    throw new SessionError('INVALID_ARGUMENT', `${name} must be an integer from 1 to ${max}${hint}`);
  }
}
