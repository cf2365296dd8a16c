import type { SessionDescription } from '@agent-sessions/session-core/store';
import type { SessionRows } from '../table/sessionRows';
import { readNewest } from './read';
import { liveAt, revisionOf } from './rows';

/**
 * What the newest row tells of its session.
 *
 * @throws `CORRUPT_RECORD`, `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`
 */
export async function describeLog(rows: SessionRows, now: number): Promise<SessionDescription> {
  const live = liveAt(now, (await readNewest(rows))?.row());
  return {
    items: live?.length ?? 0,
    bytes: live?.logBytes ?? 0,
    revision: revisionOf(live),
    createdAt: toDate(live?.beganAt),
    updatedAt: toDate(live?.writtenAt ?? live?.createdAt),
    expiresAt: toDate(live?.expiresAt),
  };
}

function toDate(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
