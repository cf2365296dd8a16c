/** Stable names of everything that can go wrong. Each has its own heading in `docs/errors.md`. */
export type SessionErrorCode =
  /** An option, id, limit, or item has the wrong type or range. Nothing was sent. */
  | 'INVALID_ARGUMENT'
  /** An item holds what JSON cannot carry exactly, or what cannot be read; the message names its path. Nothing was sent. */
  | 'UNSERIALIZABLE_ITEM'
  /** A scoped session was called without a usable run context. Nothing was sent. */
  | 'MISSING_SCOPE'
  /** One call's records are larger than the store takes in one atomic commit, or one is than any. Nothing changed. */
  | 'COMMIT_TOO_LARGE'
  /** A stored record cannot be decoded; the message names its position. Nothing changed. */
  | 'CORRUPT_RECORD'
  /** A stored record or row was written by a newer version. Nothing changed. */
  | 'UNSUPPORTED_FORMAT'
  /** A stored record is encrypted with a key that this session does not have; the message names its tag. Nothing changed. */
  | 'UNKNOWN_KEY'
  /** A stored record of an encrypted session is not encrypted. Nothing changed. */
  | 'UNENCRYPTED_RECORD'
  /** The provider of keys failed, or gave what is no key. Nothing changed. */
  | 'KEYS_UNAVAILABLE'
  /** The history is not what this session last read. Nothing changed. */
  | 'CONFLICT'
  /** Other writers were faster at every try. Nothing changed. */
  | 'CONTENTION'
  /** A transaction's expected suffix is not the end of the history. Nothing changed. */
  | 'SUFFIX_MISMATCH'
  /** A transaction's operation id was used by a different transaction. Nothing changed. */
  | 'OPERATION_MISMATCH'
  /** No answer in time, or aborted. A change may or may not have been made, never half. */
  | 'TIMEOUT'
  | 'ABORTED'
  /** The server cannot be reached, or refused for now at every try. A change may or may not have been made. */
  | 'STORE_UNAVAILABLE'
  /** Wrong credentials or a missing permission. Nothing changed. */
  | 'ACCESS_DENIED'
  /** The database is not set up for the store: a missing table, wrong keys, a key of another type. Nothing changed. */
  | 'STORE_MISCONFIGURED'
  /** Any other error of the driver or the server; see `cause`. A change may or may not have been made. */
  | 'STORE_FAILURE';

/**
 * The one error class of agent-sessions. `code` is stable, `message` is for people, `cause` is the driver's own error
 * where there is one. Neither ever holds an item's content.
 */
export class SessionError extends Error {
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SessionError';
    this.code = code;
  }

  /** True for a `SessionError` of any copy of this package, with this code when one is given. */
  static is(error: unknown, code?: SessionErrorCode): error is SessionError {
    return (
      error instanceof Error &&
      error.name === 'SessionError' &&
      'code' in error &&
      (code === undefined || error.code === code)
    );
  }
}
