import type { AgentInputItem } from '@openai/agents';
import { compactSession } from '@agent-sessions/session-core';
import { newPlace } from '../src/backends';
import { startProcess } from './sdk/process';
import { message, useBackend } from './support';

/** `compactSession` killed between any two of its requests, while another process appends: nothing is ever lost. */

const HISTORY: AgentInputItem[] = [
  ...Array.from({ length: 6 }, (_, index) => message(`n${index}`)),
  { type: 'reasoning', id: 'rs', content: [] },
  { type: 'function_call', callId: 'waiting', name: 'pay', arguments: '{}' },
];
const WAITING = HISTORY.slice(6);

/** `onShortening` is awaited in the middle of it, if it gets there. */
async function compact(
  args: readonly string[],
  onShortening: () => Promise<void>,
): Promise<'killed' | 'done'> {
  const { child, ended } = startProcess('../killedCompaction.ts', args);
  const shortening = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.once('close', () => resolve(false));
  });
  if (await shortening) {
    await onShortening();
    child.stdin.write('go');
  }
  const { signal, code, stderr } = await ended;
  if (signal === 'SIGKILL') return 'killed';
  if (code !== 0) throw new Error(stderr);
  return 'done';
}

/** More than 400 KB take several rows on DynamoDB. */
const SUMMARY_SIZE = { redis: 100, dynamodb: 450_000 };

describe.each(['redis', 'dynamodb'] as const)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  test('whenever it is killed, the history is the old one or the new one, and whole', async () => {
    const size = SUMMARY_SIZE[name];
    const summary = (items: number): AgentInputItem => ({
      role: 'system',
      content: `${items} items. `.padEnd(size, 'x'),
    });
    const killed = { before: 0, after: 0 };
    for (let request = 1, ended = ''; ended !== 'done'; request++) {
      const session = backend().session();
      await session.addItems(HISTORY);
      const args = [name, place, await session.getSessionId(), `${request}`, `${size}`];
      const during = message('during');
      const added = { count: 0 };
      const addDuring = async (): Promise<void> => {
        added.count++;
        await backend()
          .session({ sessionId: await session.getSessionId() })
          .addItems([during]);
      };
      ended = await compact(args, addDuring);
      if (added.count === 0) await addDuring();

      const old = [...HISTORY, during];
      const compacted = [summary(6), ...WAITING, during];
      const left = await session.getItems();
      const isOld = left.length === old.length;
      expect(left).toEqual(isOld ? old : compacted);
      if (ended === 'killed') killed[isOld ? 'before' : 'after']++;
      else expect(isOld).toBe(false);

      // Whatever is left, the session goes on, and another compaction as well.
      await session.addItems([message('later')]);
      const again = await compactSession(session, (items) => [summary(items.length)]);
      expect(again).toEqual({ status: 'rewritten', kept: 0 });
      expect(await session.getItems()).toEqual([summary(isOld ? 8 : 3), ...WAITING]);
    }
    // It was killed on either side of the swap.
    expect(killed.before).toBeGreaterThan(2);
    expect(killed.after).toBeGreaterThan(0);
  }, 180_000);
});
