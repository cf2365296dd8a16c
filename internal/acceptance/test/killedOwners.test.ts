import { DURABLE, newPlace } from '../src/backends';
import { OWNER, SESSION_IDS } from './killedOwners';
import { runProcess } from './sdk/process';
import { useBackend } from './support';

/**
 * Processes work on the sessions of one owner at once and are killed at any of their requests; then others erase them, and are
 * killed too.
 */

const NOTHING = '0';

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  async function existing(): Promise<string[]> {
    const described = await Promise.all(
      SESSION_IDS.map((sessionId) => backend().session({ sessionId }).describe()),
    );
    return SESSION_IDS.filter((_, index) => described[index]?.revision !== NOTHING);
  }

  async function listed(): Promise<string[]> {
    const { sessions } = await backend().index({ owner: OWNER }).list();
    return sessions.map(({ sessionId }) => sessionId).sort();
  }

  async function killed(work: 'write' | 'erase', request: number): Promise<boolean> {
    const args = [name, place, work, `${request}`];
    const { code, signal, stderr } = await runProcess('../killedOwner.ts', args);
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(stderr);
    return signal === 'SIGKILL';
  }

  test('what exists is listed, and what does not is not, wherever its writers are killed; and erasing comes to its end', async () => {
    let kills = 0;
    for (let round = 0; round < 2; round++) {
      const processes = [20, 45].map((most) => killed('write', Math.ceil(Math.random() * most)));
      for (const isKilled of await Promise.all(processes)) if (isKilled) kills++;
      expect(await listed()).toEqual(await existing());
    }
    expect(kills).toBeGreaterThan(0);
    await backend()
      .session({ sessionId: 's0', index: { owner: OWNER } })
      .addItems([{ role: 'user', content: 'a' }]);
    for (const request of [6, 14, 0]) {
      expect(await killed('erase', request)).toBe(request > 0);
      expect(await listed()).toEqual(await existing());
    }
    expect(await existing()).toEqual([]);
    expect(await backend().index({ owner: OWNER }).list()).toEqual({ sessions: [] });
    for (const sessionId of SESSION_IDS) {
      expect(await backend().session({ sessionId }).pendingRuns()).toEqual([]);
    }
  });
});
