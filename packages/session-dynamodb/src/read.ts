import { randomUUID } from 'node:crypto';
import type { Revision, StoredRecord } from '@agent-sessions/session-core';
import { Commit } from './commit';
import { isTouchDue, type Refresh } from './expiry';
import { readLog, type Log, type LogOptions } from './log';
import type { Partition } from './partition';
import { liveAt, revisionOf, type Row } from './rows';

export interface ReadOutcome {
  readonly records: readonly StoredRecord[];
  readonly revision: Revision;
  /** The newest row that was seen, or put to put the expiry off. */
  readonly head: Row | undefined;
}

/** One read, over all its tries, and the touch that it makes where one is due. */
export class Read {
  readonly #options: LogOptions;
  readonly #refresh: Refresh;
  readonly #now: () => number;
  #log: Log | undefined;
  #touch: Commit | undefined;

  constructor(options: LogOptions, refresh: Refresh, now: () => number) {
    this.#options = options;
    this.#refresh = refresh;
    this.#now = now;
  }

  /** Known once all is read, and the expiry is put off. What may fail after that is cleaning up. */
  get outcome(): ReadOutcome | undefined {
    if (this.#log === undefined || (this.#touch && !this.#touch.outcome)) return undefined;
    const { head, records } = this.#log;
    return {
      records,
      revision: revisionOf(liveAt(this.#options.now, head)),
      head: this.#touch?.outcome?.row ?? head,
    };
  }

  /** @throws `CONTENTION`: then it may be called again. */
  async attempt(partition: Partition): Promise<ReadOutcome> {
    const { now, consistentRead: isNewest = true } = this.#options;
    const log = await readLog(partition, this.#options);
    const touch = { id: randomUUID(), append: [], isTouch: true };
    const isDue = isTouchDue(liveAt(now, log.head), this.#now(), this.#refresh);
    this.#log = log;
    this.#touch = isDue
      ? new Commit(touch, this.#refresh, this.#now, { row: log.head, isNewest })
      : undefined;
    await this.#touch?.attempt(partition);
    return this.outcome as ReadOutcome;
  }
}
