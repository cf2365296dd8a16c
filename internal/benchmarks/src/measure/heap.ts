import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of this process's memory that what is made keeps occupied. */
export async function retained<T>(
  make: () => Promise<T>,
): Promise<{ readonly made: T; readonly bytes: number }> {
  const before = used();
  const made = await make();
  return { bytes: used() - before, made };
}

function used(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
