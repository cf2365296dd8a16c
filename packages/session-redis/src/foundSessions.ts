import type { RedisClientAdapter } from './clients/adapter';

/** Some 100 bytes each. */
const MOST = 1_000;

/**
 * The sessions that were last found to hold something, by their keys: a read of one need not ask whether it is in another
 * layout. Of a client, so that a new session object knows what the one before it knew. If one is gone since, it is asked in
 * a second round trip.
 */
export class FoundSessions {
  static readonly #ofClients = new WeakMap<RedisClientAdapter, FoundSessions>();
  readonly #keys = new Set<string>();

  static of(client: RedisClientAdapter): FoundSessions {
    const known = FoundSessions.#ofClients.get(client);
    if (known !== undefined) return known;
    const found = new FoundSessions();
    FoundSessions.#ofClients.set(client, found);
    return found;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    if (this.#keys.size <= MOST) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }
}
