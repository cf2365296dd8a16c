import { setImmediate as turn } from 'node:timers/promises';
import { MemoryStore, StoredSession } from '@agent-sessions/session-core';
import type { SessionStore } from '@agent-sessions/session-core/store';
import { Dice } from '../src/workload/dice';
import type { Connection, World } from '../src/worlds/world';

export type Wrap = (store: SessionStore, dice: Dice) => SessionStore;

/** Sessions on a store that is wrapped; who judges them sees the store as it is. */
export function wrappedWorld(world: World, wrap: Wrap, seed: number): World {
  const dice = new Dice(seed);
  return {
    ...boundTo(world),
    connect: async () => {
      const connection = await world.connect();
      const store = wrap(connection.store(), dice);
      return { ...connection, store: () => store, session: (options) => new StoredSession(store, options) };
    },
  };
}

/** Sessions in memory, with calls that take a while, so that others come between. */
export function memoryWorld(wrap: Wrap, seed: number): World {
  const sessions = new Map();
  const dice = new Dice(seed);
  const connectionTo = (store: SessionStore): Connection => ({
    store: () => store,
    session: (options) => new StoredSession(store, options),
    close: () => Promise.resolve(),
  });
  const none = (): Promise<never> => Promise.reject(new Error('there is no engine'));
  return {
    proxy: {
      host: '',
      port: 0,
      plan: () => undefined,
      counts: new Map(),
      cutAll: () => undefined,
      stop: none,
    },
    newProxy: none,
    connect: () => Promise.resolve(connectionTo(wrap(slow(new MemoryStore({ sessions }), dice), dice))),
    judge: connectionTo(new MemoryStore({ sessions })),
    address: () => '',
    requests: () => Promise.resolve(0),
    cleanUp: none,
    rubbish: none,
    countFaults: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Methods of a class instance do not survive a spread. */
function boundTo(world: World): World {
  return {
    proxy: world.proxy,
    judge: world.judge,
    newProxy: () => world.newProxy(),
    connect: () => world.connect(),
    address: (port) => world.address(port),
    requests: () => world.requests(),
    cleanUp: (sessionId) => world.cleanUp(sessionId),
    rubbish: (sessionId) => world.rubbish(sessionId),
    countFaults: (figures) => world.countFaults(figures),
    close: () => world.close(),
  };
}

function slow(store: SessionStore, dice: Dice): SessionStore {
  const aWhile = async (): Promise<void> => {
    for (let turns = dice.integer(0, 3); turns > 0; turns--) await turn();
  };
  const slowly = async <T>(call: () => Promise<T>): Promise<T> => {
    await aWhile();
    const result = await call();
    await aWhile();
    return result;
  };
  return {
    read: (...args) => slowly(() => store.read(...args)),
    commit: (...args) => slowly(() => store.commit(...args)),
    clear: (...args) => slowly(() => store.clear(...args)),
  };
}
