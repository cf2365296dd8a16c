import { SessionError } from '@agent-sessions/session-core';
import type { RedisStore } from '../../src';
import { commitId } from './redis';

const MOST_FAILURES = 50;

/** Appends one record after the other to a session, and notes what was acknowledged. */
export class Writer {
  readonly acknowledged: string[] = [];
  /** Tried, with an error as the answer: it may be there or not, but once. */
  readonly uncertain: string[] = [];
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(
    private readonly store: RedisStore,
    private readonly sessionId: string,
    private readonly name: string,
  ) {
    this.#done = this.#run();
    this.#done.catch(() => undefined); // `stop` reports it
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  /** Whether it has had this many more acknowledgements since this was called. */
  progress(more: number): () => Promise<boolean> {
    const goal = this.acknowledged.length + more;
    return () => Promise.resolve(this.acknowledged.length >= goal);
  }

  /** Those of its own among a session's records. */
  among(records: readonly unknown[]): string[] {
    const own = new Set([...this.acknowledged, ...this.uncertain]);
    return records.filter((record): record is string => own.has(record as string));
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      const record = `{"n":"${this.name}${count}"}`;
      try {
        const result = await this.store.commit(this.sessionId, {
          idempotencyKey: commitId(),
          append: [record],
        });
        if (result.status !== 'committed') throw new Error(`a blind append is ${result.status}`);
        this.acknowledged.push(record);
      } catch (error) {
        this.uncertain.push(record);
        // A test that failed leaves its writer behind, whose every call fails once the client is closed.
        if (!SessionError.is(error) || this.uncertain.length > MOST_FAILURES) throw error;
      }
    }
  }
}
