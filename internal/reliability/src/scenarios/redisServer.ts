import { faultsAtRandom } from '@agent-sessions/engines';
import {
  exhaustMemory,
  flushScripts,
  killClients,
  killLargeServer,
  killServer,
  makeReplica,
  pauseServer,
  pauseServerForLong,
  type RedisNemesis,
} from './redisNemeses';
import { MIXED } from '../workload/workload';
import { RedisWorld, type RedisWorldOptions } from '../worlds/redisWorld';
import type { Scenario, Size } from './scenario';
import { inWorld, play, type Context } from './stage';

interface Trouble {
  /** In turn. */
  readonly nemeses: readonly RedisNemesis[];
  readonly options?: RedisWorldOptions;
  readonly timeoutMs?: number;
}

/** The server itself is in trouble, again and again, while sessions are written to; in a long run, the network too. */
function redisScenario(name: string, trouble: Trouble): Scenario {
  return {
    name,
    backends: ['redis'],
    run: (_backend, size, context) => run(trouble, size, context),
  };
}

async function run(trouble: Trouble, size: Size, context: Context): Promise<void> {
  const { dice } = context;
  await inWorld(RedisWorld.open(trouble.options), context.figures, async (world) => {
    const nemeses = trouble.nemeses.map((each) => each(world));
    let strikes = 0;
    if (size === 'long' && dice.happens(0.5)) {
      world.proxy.plan = faultsAtRandom(dice.next(), { cut: 0.01, swallow: 0.02, split: 0.02, delay: 0.03 });
    }
    await play(
      world,
      {
        sessions: 4,
        writers: 4,
        calls: size === 'short' ? 15 : dice.integer(20, 100),
        connections: 4,
        workload: MIXED,
        timeoutMs: trouble.timeoutMs,
        nemesis: async (scene) => nemeses[strikes++ % nemeses.length]?.(scene),
        callsBetweenStrikes: 20,
      },
      context,
    );
  });
}

export const forgetfulServer = redisScenario('scripts flushed, clients hung up on, server paused', {
  nemeses: [flushScripts, killClients, pauseServer],
});

export const refusingServer = redisScenario('READONLY and OOM for now', {
  nemeses: [makeReplica, exhaustMemory],
});

export const refusingServerForLong = redisScenario('READONLY and OOM beyond the time limit', {
  nemeses: [makeReplica, exhaustMemory],
  timeoutMs: 60,
});

export const silentServer = redisScenario('a server that is silent beyond the time limit', {
  nemeses: [pauseServerForLong],
  timeoutMs: 60,
});

export const killedServer = redisScenario('server killed, with AOF always', {
  nemeses: [killServer, killLargeServer],
  options: { durable: true },
});
