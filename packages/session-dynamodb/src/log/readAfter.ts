import type { Revision } from '@agent-sessions/session-core/store';
import type { SessionRows } from '../table/sessionRows';
import { digestOf } from './counts';
import type { LogEnd } from './nextStep';
import { readLog, readOnce, type Known, type Log } from './read';
import { parseRevision } from './rows';

export interface ReadAfterOptions {
  readonly now: number;
  /** The revision up to which the caller has the history. */
  readonly after: Revision;
  /** Where the log ended when it was last seen, if that was at this revision. */
  readonly seen: LogEnd | undefined;
}

/**
 * What came after a revision, or the whole log where rows do not prove that it has only grown since.
 *
 * The row that made the revision can be large, and what is read costs its size. So the rows behind it are read first: that
 * there was no other one is told by the oldest of them, which names the one that it follows. Only where there are none, or
 * where the revision is known to have been the newest a moment ago, the row itself is read along.
 */
export async function readAfter(rows: SessionRows, { now, after, seen }: ReadAfterOptions): Promise<Log> {
  const made = parseRevision(after);
  if (made === undefined) return readLog(rows, { now });
  const known = { revision: after, version: made.version, follows: digestOf(made.idempotencyKey) };
  // A row that only extends the session carries the revision on, and is small.
  const newest = seen?.row?.version;
  const starts = newest === undefined ? [made.version + 1, made.version] : [newest];
  for (const from of starts) {
    const { newest, log } = await readOnce(rows, { now, known: { ...known, from } satisfies Known });
    if (log) return log;
    if (newest) break;
  }
  return readLog(rows, { now });
}
