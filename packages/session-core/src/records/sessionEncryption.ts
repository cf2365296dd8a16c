import type { RecordCodec } from './recordCodec';

/**
 * How the records of sessions are encrypted: what `encryptWith` of the entry point `/encryption` returns. Make one per process,
 * and give it to every session.
 */
export interface SessionEncryption {
  /**
   * For `StoredSession` only: the codec of one stored session.
   *
   * @param plain - makes the records that are encrypted, and reads them once they are decrypted.
   */
  codecOf(session: EncryptedSession, plain: RecordCodec): RecordCodec;
}

/** A session as its keys are derived for it. */
export interface EncryptedSession {
  readonly storedId: string;
  /** The tenant that the session belongs to; undefined where the session has no option `scope`. */
  readonly scope: string | undefined;
}
