/** A process with a store over one file; see fileProcesses.ts. */
// of its own file, since all of the kit takes each of these processes a while to load
import { serveStore } from '../../src/testing/serveStore';
import { FileStore, type LockScope } from './fileStore';

interface Options {
  readonly file: string;
  readonly lockedBetween: LockScope;
}

serveStore((options) => {
  const { file, lockedBetween } = options as Options;
  return new FileStore(file, lockedBetween);
});
