import { Explorer } from '../redisModel/explore';
import type { Scenario } from './scenario';

/** Many short schedules of lost answers, late messages, evictions and stale replicas, one step after the other. */
export const redisSchedules: Scenario = {
  name: 'schedules of losses, evictions and stale replicas',
  backends: ['redis'],
  async run(_backend, size, { dice, figures }) {
    const schedules = size === 'short' ? 100 : 1_500;
    const explorer = await Explorer.open();
    const found = await explorer
      .explore({ firstSeed: dice.next(), schedules, figures })
      .finally(() => explorer.close());
    if (found !== undefined) {
      throw new Error(`schedule ${found.seed}: ${found.what}\n${found.log.join('\n')}`);
    }
    figures.add('sessions checked', schedules);
    figures.add('calls', figures.get('changes'));
  },
};
