import { contention } from './errors';
import { ttlToOutlast, type Renewal } from './expiry';
import type { Partition } from './partition';
import { rangeOf } from './partsName';
import { HEADER, toNumber, toRow, type CommitRow } from './rows';

/** How many rows are renewed at once. */
const AT_ONCE = 10;

/** What part of the time that is left a renewal takes which the commit does not have to wait for. */
const SHARE_OF_TIME = 1 / 8;

/** In seconds. */
interface Renewed {
  /** Until when all rows of the live log stay. */
  readonly heldUntil: number;
  /** Until when the newest of them does. */
  readonly ttl: number;
}

/**
 * Gives the rows of the live log up to `live` more time, oldest first, each together with its parts. What is done stays
 * done: where the time is up, the next call goes on from there.
 *
 * `live` comes last, and each row gets at least what it takes to outlast the expiry of those in front of it: they may have a
 * later one, or none, from when the session was to live longer, and would be the session again if DynamoDB deleted `live`
 * before.
 *
 * @returns undefined where there was not enough time.
 * @throws `CONTENTION` when a row is gone: then the log has moved on.
 */
export async function renew(
  partition: Partition,
  live: CommitRow,
  { ttl, enough, isRequired }: Renewal,
): Promise<Renewed | undefined> {
  const until = isRequired ? Infinity : performance.now() + partition.timeLeft * SHARE_OF_TIME;
  let heldUntil = Infinity;
  let outlasted = 0;
  const hold = async (row: CommitRow): Promise<number> => {
    const expiresAt = row.expiresAt ?? live.expiresAt;
    if (expiresAt !== undefined) outlasted = Math.max(outlasted, ttlToOutlast(expiresAt));
    const wanted = { ttl: Math.max(ttl, outlasted), enough: Math.max(enough, outlasted) };
    const isHeld = row.ttl !== undefined && row.ttl >= wanted.enough;
    const held = isHeld ? row.ttl : await raiseTtl(partition, row, { ...wanted, expiresAt: live.expiresAt });
    heldUntil = Math.min(heldUntil, held);
    return held;
  };
  for await (const rows of batches(logOf(partition, live))) {
    if (performance.now() >= until) return undefined;
    await Promise.all(rows.filter(({ version }) => version !== live.version).map(hold));
  }
  const own = await hold(live);
  return { heldUntil, ttl: own };
}

/** Gives at least `ttl` to `live` and to all rows of its log that have none, because they were put when it was not to expire. */
export async function setMissingTtl(partition: Partition, live: CommitRow, ttl: number): Promise<CommitRow> {
  const renewed = await renew(partition, live, { ttl, enough: 0, isRequired: true });
  return { ...live, ttl: renewed?.ttl };
}

/** The stems of the parts that rows of the live log name. */
export async function partsInUse(partition: Partition, live: CommitRow): Promise<ReadonlySet<string>> {
  const stems = new Set<string>();
  for await (const { parts } of logOf(partition, live)) if (parts) stems.add(parts.stem);
  return stems;
}

/** The rows of the live log, oldest first. */
async function* logOf(
  partition: Partition,
  { base, version }: CommitRow,
): AsyncGenerator<CommitRow, void, undefined> {
  let next = base;
  for await (const item of partition.query({ from: base, to: version, attributes: HEADER })) {
    const row = toRow(partition.keys, item);
    if (row.kind !== 'commit' || row.version !== next++) throw contention();
    yield row;
  }
  if (next !== version + 1) throw contention();
}

async function* batches<T>(rows: AsyncIterable<T>): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Parts first, so that none goes before its row. A row without expiry takes that of the session. Returns the row's new ttl. */
async function raiseTtl(
  partition: Partition,
  row: CommitRow,
  { ttl, enough, expiresAt }: Pick<Renewal, 'ttl' | 'enough'> & Pick<CommitRow, 'expiresAt'>,
): Promise<number> {
  let given = ttl;
  if (row.parts) {
    for await (const part of partition.query({ ...rangeOf(row.parts), attributes: [] })) {
      const held = toNumber(part[partition.keys.ttl]);
      if (held !== undefined && held >= enough) given = Math.min(given, held);
      else await partition.raiseTtl(part[partition.keys.version]?.N ?? '', 'bytes', ttl);
    }
  }
  const isEndless = row.expiresAt === undefined;
  await partition.raiseTtl(`${row.version}`, 'base', given, isEndless ? expiresAt : undefined);
  return given;
}
