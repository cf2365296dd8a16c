import type { CommitResult, HistoryChange } from '@agent-sessions/session-core';
import { cleanUp } from './cleanUp';
import { contention } from './errors';
import { exceeds, lifetime, markerFor, partsTtl, type Lifetime } from './expiry';
import { readHead, readLog } from './log';
import { nextStep, type Head, type Put } from './nextRow';
import type { Partition } from './partition';
import { Parts } from './parts';
import { byteLength, revisionMadeBy, toItem, toRow, type CommitRow, type Item, type Row } from './rows';

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

/** A row has up to 400 KB; what it holds beside its content and the session's id is well below 1 KB. */
const MOST_INLINE_BYTES = 400 * 1_024 - 1_024;

/** How many versions one behind the other are tried before looking for the end. */
const TRIES_UNSEEN = 2;
/** The same where that means to read the operations again, the whole log: while others never pause, it would never end. */
const TRIES_WITH_OPERATIONS = 16;

/** One commit, over all its tries. */
export class Commit {
  readonly #change: HistoryChange;
  readonly #ttlMs: number | undefined;
  readonly #now: () => number;
  #head: Head | undefined;
  /** The parts of what this commit appends. They serve at any version, unlike those of a rewritten log. */
  #ownParts: Parts | undefined;
  #outcome: Outcome | undefined;

  /** @param head The end of the log, seen so recently that the next row may be put without looking again. */
  constructor(change: HistoryChange, ttlMs: number | undefined, now: () => number, head: Head | undefined) {
    this.#change = change;
    this.#ttlMs = ttlMs;
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
      await plan.parts?.write(partition, partsTtl(plan.lifetime));
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
    const result = { status: 'committed', revision: revisionMadeBy(row) } as const;
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
      const life = lifetime(now, this.#ttlMs);
      this.#head ??= await look(partition);
      const marker = this.#head.row && markerFor(this.#head.row, now);
      if (marker) {
        const { keys, sessionId } = partition;
        this.#head = (await partition.mark(toItem(keys, sessionId, marker))) ? { row: marker } : undefined;
        continue;
      }
      const next = nextStep(this.#change, this.#head, now, life);
      if (next.step === 'end') return next.result;
      if (next.step === 'put') return this.#planned(partition, next, life);
      const { last, operations } = next.options;
      const log = await readLog(partition, { now, last, operations });
      this.#head = {
        row: log.head,
        records: last === undefined ? log.records : undefined,
        operations: operations ? log.operations : undefined,
      };
    }
  }

  #planned({ keys, sessionId }: Partition, { row, content, cleansUp }: Put, life: Lifetime): Plan {
    if (byteLength(content) + Buffer.byteLength(sessionId) <= MOST_INLINE_BYTES) {
      const item = toItem(keys, sessionId, row, content);
      return { item, parts: undefined, lifetime: life, cleansUp };
    }
    const isOwn = content.records === this.#change.append && content.operations.size === 0;
    const parts = (isOwn && this.#ownParts) || new Parts(content, row.createdAt);
    if (isOwn) this.#ownParts = parts;
    const withParts = { ...row, parts: { ...parts.name, records: content.records.length } };
    const item = toItem(keys, sessionId, withParts);
    return { item, parts, lifetime: life, cleansUp };
  }
}

function isOf({ id }: HistoryChange, item: Item): boolean {
  return item.commit?.S === id;
}

/** The end of the log, one row further. What was known of the operations still holds where the log goes on. */
function follow(head: Head | undefined, row: Row): Head {
  if (head?.operations === undefined || head.row?.kind !== 'commit' || row.kind !== 'commit') return { row };
  const operations = new Map(head.operations);
  if (row.operation) operations.set(row.operation.id, row.operation.fingerprint);
  const goesOn = row.base === head.row.base && row.operationCount === operations.size;
  return goesOn ? { row, operations } : { row };
}

async function look(partition: Partition): Promise<Head> {
  const item = await readHead(partition);
  return { row: item && toRow(partition.keys, item) };
}

/** Gives a row that was given more time than it needs, for the sake of those before it, its own time now that they are gone. */
async function shorten(partition: Partition, item: Item, row: CommitRow): Promise<CommitRow> {
  const { ttl, minTtl } = row;
  if (minTtl === undefined || !exceeds(ttl, minTtl)) return row;
  await partition.replace({ ...item, [partition.keys.ttl]: { N: `${minTtl}` } });
  return { ...row, ttl: minTtl };
}
