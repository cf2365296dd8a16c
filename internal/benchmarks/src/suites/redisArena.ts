import { startRedis } from '@agent-sessions/engines';
import { createClient } from 'redis';
import type { RedisContestant } from '../contestants/redis/server';
import { keepAwake, startDelayedServer } from '../measure/children';
import type { Conditions } from '../measure/conditions';
import type { Arena } from './arena';

export interface RedisArena extends Arena {
  readonly url: string;
  /** What the server says of itself. */
  readonly info: (section: string) => Promise<string>;
  readonly resetStatistics: () => Promise<unknown>;
  /** Bytes that all keys take. */
  readonly memory: () => Promise<number>;
}

/** A Redis server of its own, with nothing else in it. */
export async function openRedis(
  contestants: readonly RedisContestant[],
  conditions: Conditions,
): Promise<RedisArena> {
  const engine = await startRedis({});
  const proxy = conditions.delayMs > 0 ? await startDelayedServer(engine, conditions.delayMs) : undefined;
  const control = await createClient({ url: engine.url }).connect();
  const entrants = await Promise.all(
    contestants.map(async (contestant) => {
      const direct = await contestant.connect(engine);
      const measured =
        proxy === undefined
          ? direct
          : await contestant.connect({ url: `redis://${proxy.host}:${proxy.port}` });
      return { contestant, direct, measured };
    }),
  );
  const awake = conditions.isAwake ? keepAwake() : undefined;
  return {
    url: engine.url,
    entrants,
    sweep: () => control.flushDb(),
    info: (section) => control.info(section),
    resetStatistics: () => control.configResetStat(),
    memory: async () => {
      const keys = await control.keys('*');
      const sizes = await Promise.all(keys.map((key) => control.memoryUsage(key, { SAMPLES: 0 })));
      return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    },
    close: async () => {
      awake?.stop();
      const connections = new Set(entrants.flatMap(({ direct, measured }) => [direct, measured]));
      await Promise.all([...connections].map((connected) => connected.close()));
      await control.close();
      proxy?.stop();
      await engine.stop();
    },
  };
}
