import type { CommitResult } from '@agent-sessions/session-core';
import { cleanUp } from './cleanUp';
import { contention } from './errors';
import { exceeds, markerFor, type Lifetime, type Refresh } from './expiry';
import { readHead, readLog } from './log';
import { nextStep, type Change, type Head, type Put } from './nextRow';
import type { Partition } from './partition';
import { Parts } from './parts';
import {
  byteLength,
  revisionMadeBy,
  revisionOf,
  toItem,
  toRow,
  type CommitRow,
  type Item,
  type Row,
} from './rows';

export interface Outcome {
  readonly result: CommitResult;
  /** The row as it landed; undefined where none did, or its content is gone again. */
  readonly row?: CommitRow;
}

/** A row to put. */
interface Plan {
  readonly item: Item;
  readonly parts: Parts | undefined;
  readonly lifetime: Lifetime;
  readonly cleansUp: boolean;
}

/** A row has up to 400 KB; what it holds beside its content and its keys is well below 1 KB. */
const MOST_INLINE_BYTES = 400 * 1_024 - 1_024;

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
  /** The parts of what this commit appends. They serve at any version, unlike those of a rewritten log. */
  #ownParts: Parts | undefined;
  #outcome: Outcome | undefined;

  /** @param head The end of the log, seen so recently that the next row may be put without looking again. */
  constructor(change: Change, refresh: Refresh, now: () => number, head: Head | undefined) {
    this.#change = change;
    this.#refresh = refresh;
    this.#now = now;
    this.#head = head;
  }

  /** Known once the change is in, or refused. What may fail after that is cleaning up, and the next one makes up for it. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** @throws `CONTENTION`: then it may be called again. */
  async attempt(partition: Partition): Promise<Outcome> {
    for (let tries = 0; tries < (this.#head?.operations ? TRIES_WITH_OPERATIONS : TRIES_UNSEEN); tries++) {
      const plan = await this.#next(partition);
      if ('status' in plan) {
        this.#outcome = { result: plan };
        if (plan.status !== 'committed') await this.#ownParts?.delete(partition);
        return this.#outcome;
      }
      await plan.parts?.write(partition, plan.lifetime);
      const there = await partition.putNew(plan.item);
      if (!there || isOf(this.#change, there))
        return this.#committed(partition, plan.cleansUp, there ?? plan.item);
      this.#head = follow(this.#head, toRow(partition.keys, there));
      if (plan.parts !== this.#ownParts) await plan.parts?.delete(partition);
    }
    this.#head = undefined;
    throw contention();
  }

  async #committed(partition: Partition, cleansUp: boolean, item: Item): Promise<Outcome> {
    const row = toRow(partition.keys, item);
    const revision = row.kind === 'commit' ? revisionOf(row) : revisionMadeBy(row);
    const result = { status: 'committed', revision } as const;
    this.#outcome = row.kind === 'commit' ? { result, row } : { result };
    if (row.kind === 'commit' && row.base === row.version && cleansUp) {
      await cleanUp(partition, row.version, this.#now());
      this.#outcome = { result, row: await shorten(partition, item, row) };
    }
    return this.#outcome;
  }

  async #next(partition: Partition): Promise<Plan | CommitResult> {
    for (;;) {
      const now = this.#now();
      this.#head ??= await look(partition);
      const { row, isNewest } = this.#head;
      const marker = row && markerFor(row, now);
      if (marker) {
        const { keys, key } = partition;
        // A later row may have put the expiry off: then this one is still needed.
        const isMarked = isNewest && (await partition.mark(toItem(keys, key, marker)));
        this.#head = isMarked ? { row: marker, isNewest } : undefined;
        continue;
      }
      const next = nextStep(this.#change, this.#head, now, this.#refresh);
      if (next.step === 'put') return this.#planned(partition, next);
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

  #planned({ keys, key, keyBytes }: Partition, { row, content, lifetime, cleansUp }: Put): Plan {
    if (byteLength(content) + keyBytes <= MOST_INLINE_BYTES) {
      const item = toItem(keys, key, row, content);
      return { item, parts: undefined, lifetime, cleansUp };
    }
    const isOwn = content.records === this.#change.append && content.operations.size === 0;
    const parts = (isOwn && this.#ownParts) || new Parts(content, row.createdAt);
    if (isOwn) this.#ownParts = parts;
    const withParts = { ...row, parts: { ...parts.name, records: content.records.length } };
    const item = toItem(keys, key, withParts);
    return { item, parts, lifetime, cleansUp };
  }
}

function isOf({ id }: Change, item: Item): boolean {
  return item.commit?.S === id;
}

/** One row further, which may not be the newest. What was known of the operations still holds where the log goes on. */
function follow(head: Head | undefined, row: Row): Head {
  const next = { row, isNewest: false };
  if (head?.operations === undefined || head.row?.kind !== 'commit' || row.kind !== 'commit') return next;
  const operations = new Map(head.operations);
  if (row.operation) operations.set(row.operation.id, row.operation.fingerprint);
  const goesOn = row.base === head.row.base && row.operationCount === operations.size;
  return goesOn ? { ...next, operations } : next;
}

async function look(partition: Partition): Promise<Head> {
  const item = await readHead(partition);
  return { row: item && toRow(partition.keys, item), isNewest: true };
}

/** Gives a row that was given more time than it needs, for the sake of those before it, its own time now that they are gone. */
async function shorten(partition: Partition, item: Item, row: CommitRow): Promise<CommitRow> {
  const { ttl, minTtl } = row;
  if (minTtl === undefined || !exceeds(ttl, minTtl)) return row;
  await partition.replace({ ...item, [partition.keys.ttl]: { N: `${minTtl}` } });
  return { ...row, ttl: minTtl };
}
