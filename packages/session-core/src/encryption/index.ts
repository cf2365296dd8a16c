/** For whoever encrypts sessions: an entry point of its own, so that others load none of it. */
export type { SessionEncryption } from '../records/sessionEncryption';
export {
  encryptWith,
  type EncryptionRules,
  type ProvidedEncryptionOptions,
  type StaticEncryptionOptions,
} from './encryptWith';
export type { PlaintextRule } from './encryptedCodec';
export { keyTag, type EncryptionKeys } from './encryptionKeys';
export type { KeyProvider } from './providedKeys';
