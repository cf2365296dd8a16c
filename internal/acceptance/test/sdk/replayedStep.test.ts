import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DURABLE, newPlace } from '../../src/backends';
import { message, useBackend } from '../support';
import type { Loss } from './losses';
import { runProcess } from './process';
import type { Step } from './replayedStep';

/**
 * A step of an engine for durable execution, whose process is killed at each of its writes, and which is begun again from its
 * beginning each time, by a process of its own.
 */

const LOSSES: readonly Loss[] = ['the request', 'the answer'];
const STEPS: readonly Step[] = ['three runs', 'two blocked runs'];

/** With the warnings of libraries. */
const ENDED_WELL = { code: 0, stderr: expect.any(String) as string };

const folder = mkdtempSync(join(tmpdir(), 'replayed-step-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  /** Kills the step at each write, in the order of the writes, until none is left to be killed at; then replays it once more. */
  async function play(sessionId: string, what: Step, losses: readonly Loss[]) {
    const journal = join(folder, `${sessionId}.json`);
    const attempt = (at: number, loss: Loss) =>
      runProcess('replayedStep.ts', [name, place, sessionId, what, journal, String(at), loss]);
    let kills = 0;
    for (let at = 1, isKilled = losses.length > 0; isKilled; at++) {
      for (const loss of losses) {
        const { signal, code, stderr } = await attempt(at, loss);
        isKilled = signal === 'SIGKILL';
        if (isKilled) kills++;
        else expect({ code, stderr }).toEqual(ENDED_WELL);
      }
    }
    const { stdout, stderr, code } = await attempt(0, 'the answer');
    expect({ code, stderr }).toEqual(ENDED_WELL);
    const items = await backend().session({ sessionId }).getItems();
    return { inputs: stdout, items, kills };
  }

  test.each(STEPS)(
    'every item of a step is there once, in order: %s',
    async (what) => {
      const history = [message('before')];
      const [first, second] = [newPlace(), newPlace()];
      for (const sessionId of [first, second]) await backend().session({ sessionId }).addItems(history);
      const undisturbed = await play(first, what, []);
      const killed = await play(second, what, LOSSES);
      expect(undisturbed.kills).toBe(0);
      expect(killed.kills).toBeGreaterThanOrEqual(4);
      expect(killed.items).toEqual(undisturbed.items);
      expect(killed.inputs).toEqual(undisturbed.inputs);
      expect(killed.items[0]).toEqual(history[0]);
      expect(killed.items.length).toBeGreaterThan(4);
    },
    120_000,
  );
});
