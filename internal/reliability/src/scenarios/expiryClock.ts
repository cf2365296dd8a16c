import { isKnown, type Operation } from '../checker/history';
import { clock } from '../workload/recorder';

/** What becomes of a session at a jump of the clock. */
export type Fate = 'stays' | 'expires' | 'nobody can tell';

/** A clock that stands still, but for jumps. Times are milliseconds; those of calls are by `clock`. */
export class ExpiryClock {
  #now = Date.now();
  /** The time since each moment: the first moment is before any call. */
  readonly #since: { readonly moment: number; readonly time: number }[] = [
    { moment: -Infinity, time: this.#now },
  ];

  constructor(readonly ttlMs: number) {}

  readonly now = (): number => this.#now;

  /** @returns The moments between which it happened. */
  jump(ms: number): { readonly from: number; readonly until: number } {
    const from = clock();
    this.#now += ms;
    const until = clock();
    this.#since.push({ moment: until, time: this.#now });
    return { from, until };
  }

  /**
   * What a jump by so much would do to a session with this history. A call reads the clock at a moment of its own; one that
   * is under way, unless the jump is as long as the session lives, may keep the session alive or come too late.
   */
  fateOf(operations: readonly Operation[], ms: number): Fate {
    const then = this.#now + ms;
    const changes = operations.filter(({ verb }) => verb !== 'get');
    const isKept = changes.some(
      (change) => change.verb === 'add' && isKnown(change) && this.#timeAt(change.from) + this.ttlMs > then,
    );
    if (isKept) return 'stays';
    const isUnderWay = changes.some((change) => !isKnown(change));
    if (isUnderWay && ms < this.ttlMs) return 'nobody can tell';
    const isOver = changes.every(
      (change) => !isKnown(change) || this.#timeAt(change.until) + this.ttlMs <= then,
    );
    return isOver ? 'expires' : 'nobody can tell';
  }

  #timeAt(moment: number): number {
    return this.#since.findLast((each) => each.moment <= moment)?.time ?? this.#now;
  }
}
