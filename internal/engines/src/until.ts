import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the answer is yes. An error counts as no. */
export async function until(what: string, holds: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  let lastError: unknown;
  for (;;) {
    const answer = await holds().catch((error: unknown) => {
      lastError = error;
      return false;
    });
    if (answer) return;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`, { cause: lastError });
    await pause(20);
  }
}
