import { SessionError } from '../store/errors';

export function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}
