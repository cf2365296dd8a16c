import { faultsAtRandom } from '@agent-sessions/engines';
import { toItem } from '../workload/items';
import { APPENDING, MIXED } from '../workload/workload';
import { openWorld } from '../worlds/openWorld';
import { BACKENDS } from '../worlds/world';
import type { Scenario } from './scenario';
import { inWorld, play } from './stage';
import { checkAdditions } from './verdicts';

/** Appends alone, many of them; every tenth answer is lost after the server acted. */
export const lostAnswers: Scenario = {
  name: 'lost answers',
  backends: BACKENDS,
  async run(backend, size, { dice, figures }) {
    await inWorld(openWorld(backend), figures, async (world) => {
      world.proxy.plan = faultsAtRandom(dice.next(), { swallow: 0.06, cutAnswer: 0.04 });
      const calls = size === 'short' ? 40 : dice.integer(100, 300);
      const plan = { sessions: 4, writers: 4, calls, connections: 8, workload: APPENDING };
      const played = await play(world, plan, { dice, figures });
      for (const { sessionId, history } of played) {
        const items = await world.judge.session({ sessionId }).getItems();
        checkAdditions(history.operations, items.map(toItem));
      }
    });
  },
};

/** All verbs, over a network on which everything goes wrong that can. */
export const brokenNetwork: Scenario = {
  name: 'broken network',
  backends: BACKENDS,
  async run(backend, size, { dice, figures }) {
    await inWorld(openWorld(backend), figures, async (world) => {
      world.proxy.plan = faultsAtRandom(dice.next(), {
        cut: 0.03,
        cutRequest: 0.03,
        swallow: 0.04,
        cutAnswer: 0.03,
        split: 0.05,
        delay: 0.1,
        maxDelayMs: 20,
      });
      const calls = size === 'short' ? 15 : dice.integer(20, 80);
      const plan = { sessions: 4, writers: 4, calls, connections: 6, workload: MIXED };
      await play(world, plan, { dice, figures });
    });
  },
};
