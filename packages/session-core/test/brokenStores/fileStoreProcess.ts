/** A process with a store over one file; see fileProcesses.ts. */
import { serveStore } from '../../src/testing';
import { FileStore, type LockScope } from './fileStore';

interface Options {
  readonly file: string;
  readonly lockedBetween: LockScope;
}

serveStore((options) => {
  const { file, lockedBetween } = options as Options;
  return new FileStore(file, lockedBetween);
});
