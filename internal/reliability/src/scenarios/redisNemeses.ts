import { setTimeout as pause } from 'node:timers/promises';
import type { RedisWorld } from '../worlds/redisWorld';
import type { Nemesis, Scene } from './stage';

/** What befalls a Redis server. */
export type RedisNemesis = (world: RedisWorld) => Nemesis;

/** Nobody listens there, so a replica of it keeps what it has. */
const NO_MASTER = ['127.0.0.1', '1'] as const;

const ASK_EVERY_MS = 5;

/** Once; the server looks after its clients after each 1,024 commands that it loads. */
const FILL = `
  if redis.call('EXISTS', 'filler1') == 1 then return end
  for i = 1, 4000 do redis.call('SET', 'filler' .. i, '') end
`;

/** The server forgets all scripts. */
export const flushScripts: RedisNemesis = (world) => async (scene) => {
  await world.command('SCRIPT', 'FLUSH');
  scene.figures.add('strike: SCRIPT FLUSH');
};

/** The server hangs up on every client. */
export const killClients: RedisNemesis = (world) => async (scene) => {
  await world.command('CLIENT', 'KILL', 'TYPE', 'normal');
  scene.figures.add('strike: CLIENT KILL');
};

/** The server does nothing for a while. */
export const pauseServer: RedisNemesis = (world) => async (scene) => {
  await world.command('CLIENT', 'PAUSE', `${scene.dice.integer(5, 100)}`);
  scene.figures.add('strike: CLIENT PAUSE');
};

/** The server does nothing until clients have given up, and then all that they had asked for. */
export const pauseServerForLong: RedisNemesis = (world) => async (scene) => {
  const timeouts = scene.errors.get('TIMEOUT') + scene.dice.integer(1, 8);
  await strikeUntilFelt(scene, {
    // A server that pauses all would not listen to the command that ends it.
    begin: () => world.command('CLIENT', 'PAUSE', '600000', 'WRITE'),
    isFelt: () => scene.errors.get('TIMEOUT') >= timeouts,
    end: () => world.command('CLIENT', 'UNPAUSE'),
  });
  scene.figures.add('strike: CLIENT PAUSE beyond the time limit');
};

/** The server is a replica, and then the master again. */
export const makeReplica: RedisNemesis = (world) => (scene) =>
  refuse(world, scene, {
    code: 'READONLY',
    begin: ['REPLICAOF', ...NO_MASTER],
    end: ['REPLICAOF', 'NO', 'ONE'],
  });

/** The server has no memory left. */
export const exhaustMemory: RedisNemesis = (world) => (scene) =>
  refuse(world, scene, {
    code: 'OOM',
    begin: ['CONFIG', 'SET', 'maxmemory', '1'],
    end: ['CONFIG', 'SET', 'maxmemory', '0'],
  });

/** The server is killed, and started again on what it wrote to disk. */
export const killServer: RedisNemesis = (world) => async (scene) => {
  await world.restart();
  scene.figures.add('strike: kill -9 of the server');
};

/** The same, and loading takes a while. */
export const killLargeServer: RedisNemesis = (world) => async (scene) => {
  await world.command('EVAL', FILL, '0');
  await world.restart(['--key-load-delay', '50']);
  scene.figures.add('strike: kill -9 of the server, then LOADING');
};

/** Refuses until a number of tries have met it: sometimes few, sometimes so many that calls fail. */
async function refuse(
  world: RedisWorld,
  scene: Scene,
  refusal: { readonly code: string; readonly begin: readonly string[]; readonly end: readonly string[] },
): Promise<void> {
  const { code, begin, end } = refusal;
  const refused = async (): Promise<number> => (await world.errors()).get(code) ?? 0;
  const enough = (await refused()) + scene.dice.integer(1, 20);
  await strikeUntilFelt(scene, {
    begin: () => world.command(...begin),
    isFelt: async () => (await refused()) >= enough,
    end: () => world.command(...end),
  });
  scene.figures.add(`strike: ${code}`);
}

/** Puts the engine into a state, waits until clients have felt it, and takes it out again. */
async function strikeUntilFelt(
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
