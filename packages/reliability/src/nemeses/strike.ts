import { setTimeout as pause } from 'node:timers/promises';
import type { Scene } from '../scenarios/stage';

const ASK_EVERY_MS = 5;

/** Puts the engine into a state, waits until clients have felt it, and takes it out again. */
export async function strikeUntilFelt(
  scene: Scene,
  steps: {
    readonly begin: () => Promise<unknown>;
    readonly isFelt: () => Promise<boolean> | boolean;
    readonly end: () => Promise<unknown>;
  },
): Promise<void> {
  await steps.begin();
  try {
    while (!scene.hasEnded() && !(await steps.isFelt())) await pause(ASK_EVERY_MS);
  } finally {
    await steps.end();
  }
}
