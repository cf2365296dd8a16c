import {
  conformanceCases,
  type HarnessStoreOptions,
  type StoreHarness,
} from '@agent-sessions/session-core/testing';
import type { RedisStore } from '../../src';
import { sessionKeys } from '../../src/layout/keys';

/** What the kit looks into the server with: any kind of client that may do everything. */
interface Inspector {
  lRange(key: string, start: number, stop: number): Promise<unknown>;
  hGetAll(key: string): Promise<unknown>;
  pTTL(key: string): Promise<unknown>;
  pExpire(key: string, ms: number): Promise<unknown>;
}

interface Shape {
  readonly keyPrefix: string;
  readonly inspector: () => Inspector;
  readonly store: (options: HarnessStoreOptions) => RedisStore;
  /** What one kind of client shows for all. */
  readonly hooks?: Pick<StoreHarness, 'processes' | 'unreachable' | 'fixtures'>;
  /** Which cases are run, by their names. Default: all. */
  readonly isWanted?: (name: string) => boolean;
}

/** Runs the cases of the conformance kit, each as a test. */
export function describeConformance(
  name: string,
  { keyPrefix, inspector, store, hooks, isWanted = () => true }: Shape,
): void {
  const cases = conformanceCases({
    ...hooks,
    createStore: store,
    ttlRefresh: true,
    observe: true,
    contains: async (sessionId, text) => {
      const [items, meta] = sessionKeys(keyPrefix, sessionId);
      const stored = [await inspector().lRange(items, 0, -1), await inspector().hGetAll(meta)];
      return JSON.stringify(stored).includes(text);
    },
    elapse: async (sessionId, ms) => {
      for (const key of sessionKeys(keyPrefix, sessionId)) {
        const left = Number(await inspector().pTTL(key));
        if (left >= 0) await inspector().pExpire(key, Math.max(left - ms, 0));
      }
    },
  });
  describe(name, () => {
    for (const { name, run } of cases.filter(({ name }) => isWanted(name))) test.concurrent(name, run);
  });
}
