import { SessionError, type CommitResult } from '@agent-sessions/session-core';
import { cleanUp } from './cleanUp';
import { contention } from './errors';
import { markerFor, type Refresh } from './expiry';
import { readHead, readLog } from './log';
import { nextStep, type Change, type Head, type Put, type Renew } from './nextRow';
import type { Partition } from './partition';
import { Parts } from './parts';
import { partsInUse, renew, setMissingTtl } from './renewal';
import {
  byteLength,
  MOST_INLINE_BYTES,
  revisionMadeBy,
  revisionOf,
  toItem,
  toRow,
  type CommitRow,
  type Item,
  type Row,
} from './rows';

/** How a commit ended. */
export interface Landed {
  readonly result: CommitResult;
  /** The row as it landed; undefined where none did, or its content is gone again. */
  readonly row?: CommitRow;
  /** What is left to do once the result is certain, and the next commit makes up for. Returns the row as it is then. */
  readonly tidy?: (partition: Partition) => Promise<CommitRow>;
}

/** A row to put. */
interface Plan extends Pick<Put, 'leavesRows' | 'laterTtl'> {
  readonly item: Item;
  readonly parts: Parts | undefined;
}

/** How many versions one behind the other are tried before looking for the end. */
const TRIES_UNSEEN = 2;
/** The same where that means to read the operations again, the whole log: while others never pause, it would never end. */
const TRIES_WITH_OPERATIONS = 16;

/** One commit or touch, over all its tries. */
export class Commit {
  readonly #change: Change;
  readonly #refresh: Refresh;
  readonly #now: () => number;
  #head: Head | undefined;
  /** The parts of what this commit appends. They serve at any version, unlike those of a log that is put anew. */
  #ownParts: Parts | undefined;

  /** @param head The end of the log, seen so recently that the next row may be put without looking again. */
  constructor(change: Change, refresh: Refresh, now: () => number, head: Head | undefined) {
    this.#change = change;
    this.#refresh = refresh;
    this.#now = now;
    this.#head = head;
  }

  /** @throws `CONTENTION`: then it may be called again. */
  async attempt(partition: Partition): Promise<Landed> {
    try {
      return await this.#attempt(partition);
    } catch (error) {
      this.#head = undefined;
      throw error;
    }
  }

  async #attempt(partition: Partition): Promise<Landed> {
    for (let tries = 0; tries < (this.#head?.operations ? TRIES_WITH_OPERATIONS : TRIES_UNSEEN); tries++) {
      const plan = await this.#next(partition);
      if ('status' in plan) {
        if (plan.status !== 'committed') await this.#ownParts?.delete(partition);
        return { result: plan };
      }
      await plan.parts?.write(partition);
      const there = await partition.putNew(plan.item);
      if (!there || there.commit?.S === this.#change.id) {
        return this.#landed(toRow(partition.keys, there ?? plan.item), plan);
      }
      this.#head = follow(this.#head, toRow(partition.keys, there));
      if (plan.parts !== this.#ownParts) await plan.parts?.delete(partition);
    }
    throw contention();
  }

  #landed(row: Row, { leavesRows, laterTtl }: Plan): Landed {
    if (row.kind === 'marker') return { result: { status: 'committed', revision: revisionMadeBy(row) } };
    const landed = { result: { status: 'committed', revision: revisionOf(row) }, row } as const;
    if (!leavesRows && laterTtl === undefined) return landed;
    return {
      ...landed,
      tidy: async (partition) => {
        const inUse = row.version === row.base ? undefined : await partsInUse(partition, row);
        await cleanUp(partition, row.base, this.#now(), inUse);
        return laterTtl === undefined ? row : setMissingTtl(partition, row, laterTtl);
      },
    };
  }

  async #next(partition: Partition): Promise<Plan | CommitResult> {
    for (;;) {
      const now = this.#now();
      this.#head ??= await look(partition);
      const { row, isNewest } = this.#head;
      const marker = row && markerFor(row, now);
      if (marker) {
        const { keys, key } = partition;
        // A later row may have extended the session: then this one is still needed.
        const isMarked = isNewest && (await partition.mark(toItem(keys, key, marker)));
        this.#head = isMarked ? { row: marker, isNewest } : undefined;
        continue;
      }
      const next = nextStep(this.#change, this.#head, now, this.#refresh);
      if (next.step === 'put') return this.#planned(partition, next);
      if (next.step === 'renew') {
        const heldUntil = await this.#renew(partition, next);
        this.#head = { ...this.#head, isNewest: false, heldUntil, isRenewed: true };
        continue;
      }
      if (next.step === 'end') {
        if (isNewest || next.result.status === 'committed') return next.result;
        this.#head = undefined;
        continue;
      }
      const { last, operations } = next.options;
      const log = await readLog(partition, { now, last, operations });
      this.#head = {
        row: log.head,
        isNewest: true,
        records: last === undefined ? log.records : undefined,
        operations: operations ? log.operations : undefined,
      };
    }
  }

  async #renew(partition: Partition, { live, renewal }: Renew): Promise<number | undefined> {
    try {
      return (await renew(partition, live, renewal))?.heldUntil;
    } catch (error) {
      // Where rows are gone because somebody else deleted them, reading says so.
      if (SessionError.is(error, 'CONTENTION')) {
        await readLog(partition, { now: this.#now(), last: 0, operations: true });
      }
      throw error;
    }
  }

  #planned({ keys, key, keyBytes }: Partition, { row, content, leavesRows, laterTtl }: Put): Plan {
    if (byteLength(content) + keyBytes <= MOST_INLINE_BYTES) {
      return { item: toItem(keys, key, row, content), parts: undefined, leavesRows, laterTtl };
    }
    const isOwn = content.records === this.#change.append && content.operations.size === 0;
    const own = isOwn && this.#ownParts?.outlast(row.ttl) ? this.#ownParts : undefined;
    const parts = own ?? new Parts(content, row.createdAt, row.ttl);
    if (isOwn) this.#ownParts = parts;
    const withParts = { ...row, parts: { ...parts.name, records: content.records.length } };
    return { item: toItem(keys, key, withParts), parts, leavesRows, laterTtl };
  }
}

/** One row further, which may not be the newest. What was known of the log up to there still holds where it goes on. */
function follow(head: Head | undefined, row: Row): Head {
  const next = { row, isNewest: false };
  if (head?.row?.kind !== 'commit' || row.kind !== 'commit' || row.base !== head.row.base) return next;
  return { ...next, heldUntil: heldUntil(head, row), operations: operationsUpTo(head, row) };
}

function heldUntil(head: Head, { ttl, minTtl }: CommitRow): number | undefined {
  // A row that is about to get its ttl gives one to others as well.
  if (head.heldUntil === undefined || (ttl === undefined && minTtl !== undefined)) return undefined;
  return Math.min(head.heldUntil, ttl ?? Infinity);
}

function operationsUpTo(
  head: Head,
  { operation, operationCount }: CommitRow,
): ReadonlyMap<string, string> | undefined {
  if (head.operations === undefined) return undefined;
  const operations = new Map(head.operations);
  if (operation) operations.set(operation.id, operation.fingerprint);
  return operationCount === operations.size ? operations : undefined;
}

async function look(partition: Partition): Promise<Head> {
  const item = await readHead(partition);
  return { row: item && toRow(partition.keys, item), isNewest: true };
}
