import { contention } from './errors';
import type { Renewal } from './expiry';
import type { Partition } from './partition';
import { rangeOf } from './partsName';
import { HEADER, toNumber, toRow, type CommitRow } from './rows';

/** How many rows are renewed at once. */
const AT_ONCE = 10;

/** What part of the time that is left a renewal takes which the commit does not have to wait for. */
const SHARE_OF_TIME = 1 / 8;

/**
 * Gives the rows of the live log up to `live` more time, oldest first, each together with its parts. What is done stays
 * done: where the time is up, the next call goes on from there.
 *
 * `live` comes last: a row in front of it may have no ttl and no expiry, from when the session was not to expire, and would be
 * the session again if DynamoDB deleted `live` before it has both.
 *
 * @returns until when they all stay, in seconds; undefined where there was not enough time.
 * @throws `CONTENTION` when a row is gone: then the log has moved on.
 */
export async function renew(
  partition: Partition,
  live: CommitRow,
  { ttl, enough, isRequired }: Renewal,
): Promise<number | undefined> {
  const until = isRequired ? Infinity : performance.now() + partition.timeLeft * SHARE_OF_TIME;
  let heldUntil = ttl;
  const hold = async (row: CommitRow): Promise<void> => {
    if (row.ttl !== undefined && row.ttl >= enough) heldUntil = Math.min(heldUntil, row.ttl);
    else await raiseTtl(partition, row, ttl, enough, live.expiresAt);
  };
  for await (const rows of batches(logOf(partition, live))) {
    if (performance.now() >= until) return undefined;
    await Promise.all(rows.filter(({ version }) => version !== live.version).map(hold));
  }
  await hold(live);
  return heldUntil;
}

/** Gives `ttl` to the row `live` and to all rows of its log that have none, because they were put when it was not to expire. */
export async function setMissingTtl(partition: Partition, live: CommitRow, ttl: number): Promise<CommitRow> {
  await renew(partition, live, { ttl, enough: 0, isRequired: true });
  return { ...live, ttl };
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

/** Parts first, so that none goes before its row. A row without expiry takes that of the session. */
async function raiseTtl(
  partition: Partition,
  { version, parts, expiresAt }: CommitRow,
  ttl: number,
  enough: number,
  sessionExpiresAt: number | undefined,
): Promise<void> {
  if (parts) {
    for await (const part of partition.query({ ...rangeOf(parts), attributes: [] })) {
      const held = toNumber(part[partition.keys.ttl]);
      if (held !== undefined && held >= enough) continue;
      await partition.raiseTtl(part[partition.keys.version]?.N ?? '', 'bytes', ttl);
    }
  }
  await partition.raiseTtl(`${version}`, 'base', ttl, expiresAt === undefined ? sessionExpiresAt : undefined);
}
