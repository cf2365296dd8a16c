import type { CommitRow } from '../log/rows';
import { contention } from '../table/errors';
import { chunkRange, logKey, logRange } from '../table/rowKeys';
import type { SessionRows } from '../table/sessionRows';
import type { Renewal } from './expiry';

/** How many rows are renewed at once. */
const AT_ONCE = 10;

/** What part of the time that is left a renewal takes which the commit does not have to wait for. */
const SHARE_OF_TIME = 1 / 8;

/**
 * Gives the rows of the live log up to `live` more time, the oldest first, each together with its chunks. What is done stays
 * done: where the time is up, the next call goes on from there.
 *
 * `live` comes last. A row before it may have neither ttl nor expiry, from when the session was not to expire, and would be
 * the session again if DynamoDB deleted `live` before that row has both.
 *
 * @returns Until when they all stay, in seconds; undefined where there was not enough time.
 * @throws `CONTENTION` when a row is gone: then the log has moved on.
 */
export async function renew(
  rows: SessionRows,
  live: CommitRow,
  { ttl, enough, isRequired }: Renewal,
): Promise<number | undefined> {
  const until = isRequired ? Infinity : performance.now() + rows.timeLeft * SHARE_OF_TIME;
  let logTtl = ttl;
  const extend = async (row: CommitRow): Promise<void> => {
    if (row.ttl !== undefined && row.ttl >= enough) logTtl = Math.min(logTtl, row.ttl);
    else await raiseTtl(rows, row, ttl, enough, live.expiresAt);
  };
  for await (const batch of batches(liveLog(rows, live))) {
    if (performance.now() >= until) return undefined;
    await Promise.all(batch.filter(({ version }) => version !== live.version).map(extend));
  }
  await extend(live);
  return logTtl;
}

/** Gives `ttl` to the row `live` and to all rows of its log that have none, because they were put when it was not to expire. */
export async function setMissingTtl(rows: SessionRows, live: CommitRow, ttl: number): Promise<CommitRow> {
  await renew(rows, live, { ttl, enough: 0, isRequired: true });
  return { ...live, ttl };
}

/** The rows of the live log, the oldest first. */
async function* liveLog(
  rows: SessionRows,
  { base, version }: CommitRow,
): AsyncGenerator<CommitRow, void, undefined> {
  let next = base;
  for await (const stored of rows.query(logRange(base, version), { extent: 'header' })) {
    const row = stored.row();
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

/** Chunks before their row, so that none goes before it. A row without an expiry gets that of the session. */
async function raiseTtl(
  rows: SessionRows,
  { version, chunks, expiresAt }: CommitRow,
  ttl: number,
  enough: number,
  sessionExpiresAt: number | undefined,
): Promise<void> {
  if (chunks) {
    for await (const chunk of rows.query(chunkRange(chunks.name), { extent: 'header' })) {
      if (chunk.ttl !== undefined && chunk.ttl >= enough) continue;
      await rows.raiseTtl(chunk.key, 'chunk', ttl);
    }
  }
  await rows.raiseTtl(logKey(version), 'commit', ttl, expiresAt === undefined ? sessionExpiresAt : undefined);
}
