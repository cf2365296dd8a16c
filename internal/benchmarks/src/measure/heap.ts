import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of this process's memory that what is made keeps occupied. */
export async function retained<T>(
  make: () => Promise<T>,
): Promise<{ readonly made: T; readonly bytes: number }> {
  const before = await used();
  const made = await make();
  return { bytes: (await used()) - before, made };
}

/** What earlier work still held goes only after some turns of the event loop. */
async function used(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await turn();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
