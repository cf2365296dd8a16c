import { MemorySession } from '@openai/agents';
import { ALL, newPlace } from '../../src/backends';
import { useBackend } from '../support';
import { CONVERSATIONS } from './conversations';
import { RUNS, typesOf } from './runs';

/**
 * What an application does with the SDK's Runner gives the same on every backend as in the SDK's own MemorySession, and no
 * turn meets a conflict with itself where conflicts are rejected.
 */
describe.each(ALL)('on %s', (name) => {
  // Two servers, with connections of their own.
  const place = newPlace();
  const servers = [useBackend(name, place), useBackend(name, place)] as const;

  describe.each(['append', 'reject'] as const)('with concurrentWrites: %s', (concurrentWrites) => {
    describe.each(['whole', 'streamed'] as const)('%s', (mode) => {
      test.each(Object.entries(CONVERSATIONS))('%s', async (_what, { play, stores }) => {
        const reference = new MemorySession();
        const expected = await play(() => reference, RUNS[mode]);

        const [first, second] = name === 'memory' ? [servers[0], servers[0]] : servers;
        const sessionId = globalThis.crypto.randomUUID();
        let opened = 0;
        const open = () => (opened++ % 2 === 0 ? first : second)().session({ sessionId, concurrentWrites });
        expect(await play(open, RUNS[mode])).toEqual(expected);
        expect(opened).toBeGreaterThan(1);

        const stored = await open().getItems();
        expect(stored).toEqual(await reference.getItems());
        if (mode === 'whole') expect(typesOf(stored)).toBe(stores);
      });
    });
  });
});
