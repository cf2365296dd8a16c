import { randomUUID } from 'node:crypto';
import { RedisStore, type RedisStoreOptions } from '../../src';
import { createClient } from 'redis';

/** A plain client of the server that the test run started, and a key prefix that nobody else uses. */
export class TestRedis {
  readonly client = createClient({ url: process.env.REDIS_URL ?? '' }).on('error', () => undefined);
  readonly keyPrefix = `test-${randomUUID()}`;

  connect = (): Promise<unknown> => this.client.connect();

  close = async (): Promise<void> => {
    const keys = await this.client.keys(`${this.keyPrefix}*`);
    if (keys.length > 0) await this.client.del(keys);
    await this.client.close();
  };

  store(options: Partial<RedisStoreOptions> = {}): RedisStore {
    return new RedisStore({ client: this.client, keyPrefix: this.keyPrefix, ...options });
  }

  keys(sessionId: string): { items: string; meta: string } {
    const tagged = `${this.keyPrefix}:{${sessionId}}`;
    return { items: `${tagged}:items`, meta: `${tagged}:meta` };
  }
}

let commits = 0;

/** A commit id that no other commit of this process has. */
export function commitId(): string {
  return `commit-${++commits}-${randomUUID().slice(0, 8)}`;
}
