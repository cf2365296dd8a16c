interface Timer {
  readonly at: number;
  /** Of two at one time, the one that was set first comes first. */
  readonly order: number;
  readonly run: () => unknown;
  /** The context in which it was set, and in which it runs. */
  readonly context: unknown;
  isCancelled: boolean;
}

/** What a timer is known by to whoever set it. */
export type TimerHandle = Timer;

/**
 * Time that passes only from one timer to the next. Between two timers everything runs that can run, so that what happens
 * depends on nothing but the timers.
 *
 * A context (whose call this is) is handed on from a timer to all that is done until the next, and to the timers that are set
 * there.
 */
export class VirtualTime {
  /** Milliseconds since the epoch, as nobody's clock shows it. */
  now: number;
  context: unknown;
  readonly #heap: Timer[] = [];
  #set = 0;

  constructor(now: number) {
    this.now = now;
  }

  after(ms: number, run: () => unknown, context: unknown = this.context): TimerHandle {
    const timer = { at: this.now + Math.max(0, ms), order: this.#set++, run, context, isCancelled: false };
    this.#push(timer);
    return timer;
  }

  cancel(timer: TimerHandle | undefined): void {
    if (timer) timer.isCancelled = true;
  }

  /** Runs the next timer, and what follows from it until that waits for another; false where there is none. */
  async step(): Promise<boolean> {
    for (;;) {
      const timer = this.#pop();
      if (timer === undefined) return false;
      if (timer.isCancelled) continue;
      this.now = timer.at;
      this.context = timer.context;
      await timer.run();
      await settled();
      return true;
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child++;
      const lower = heap[child] as Timer;
      if (!isBefore(lower, last)) break;
      heap[at] = lower;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** Once all promises that can settle have. */
export async function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.at === right.at ? left.order < right.order : left.at < right.at;
}
