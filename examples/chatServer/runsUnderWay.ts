import { randomUUID } from 'node:crypto';
import type { ChatEvent } from './chatEvents';

/** One event of a run, with its number: who has seen it goes on from there. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: ChatEvent;
}

/**
 * An answer under way, kept in memory until it has ended, so that whoever comes late, or comes back, gets all of it. It goes on
 * whether anybody follows it or not.
 */
export class RunUnderWay {
  readonly id = randomUUID();
  readonly #stop = new AbortController();
  readonly #events: ChatEvent[] = [];
  readonly #followers = new Set<() => void>();
  readonly #over: Promise<void>;
  #end: () => void = () => undefined;
  #hasEnded = false;
  /** How many items the history had when the run began: what came after them is in the events. */
  itemsBefore = Infinity;

  constructor() {
    this.#over = new Promise((resolve) => (this.#end = resolve));
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  emit(event: ChatEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#end();
    this.#wake();
  }

  /** Stops the run, and waits until it has stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }

  /** All events from this number on: those that were, then the others as they come, until the run ends or nobody listens. */
  async *follow(from: number, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
    for (let number = from; ; number += 1) {
      while (number >= this.#events.length) {
        if (this.#hasEnded || signal.aborted) return;
        await this.#next(signal);
      }
      const event = this.#events[number];
      if (event === undefined || signal.aborted) return;
      yield { number, event };
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#followers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#followers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#followers]) wake();
  }
}

/** The runs of this process, one at a time for each conversation. */
export class RunsUnderWay {
  readonly #runs = new Map<string, Map<string, RunUnderWay>>();

  find(user: string, chatId: string): RunUnderWay | undefined {
    return this.#runs.get(user)?.get(chatId);
  }

  /** Returns undefined where the conversation has a run already. */
  begin(user: string, chatId: string): RunUnderWay | undefined {
    const runs = this.#runs.get(user) ?? new Map<string, RunUnderWay>();
    if (runs.has(chatId)) return undefined;
    const run = new RunUnderWay();
    runs.set(chatId, run);
    this.#runs.set(user, runs);
    return run;
  }

  end(user: string, chatId: string): void {
    const runs = this.#runs.get(user);
    const run = runs?.get(chatId);
    runs?.delete(chatId);
    if (runs?.size === 0) this.#runs.delete(user);
    run?.end();
  }

  /** Stops all runs of a user, and waits until they have stopped. */
  async stopAll(user: string): Promise<void> {
    await Promise.all([...(this.#runs.get(user)?.values() ?? [])].map((run) => run.stop()));
  }
}
