import type { IndexedSession } from '@agent-sessions/session-core';
import { positiveInteger } from '../commandLine';
import { ExitCode } from '../exitCode';
import { withPlace } from '../withPlace';
import type { Command } from './index';

const PAGE = 100;

export const list: Command = ({ options }, output) =>
  withPlace(options, async (place) => {
    let left = positiveInteger('limit', options.limit) ?? Infinity;
    const index = place.index();
    let cursor: string | undefined;
    do {
      const page = await index.list({ limit: Math.min(PAGE, left), cursor });
      for (const session of page.sessions) {
        const shown = options.details ? session : withoutDetails(session);
        output.result(shown, () => lineOf(shown));
      }
      left -= page.sessions.length;
      ({ cursor } = page);
    } while (cursor !== undefined && left > 0);
    return ExitCode.done;
  });

/** Title and metadata are an application's own words, and often the user's. */
function withoutDetails(session: IndexedSession): IndexedSession {
  return { ...session, title: undefined, metadata: undefined };
}

function lineOf({ sessionId, items, updatedAt, title, metadata }: IndexedSession): string {
  const columns = [updatedAt?.toISOString() ?? '-', `${items}`.padStart(6), sessionId];
  if (title !== undefined) columns.push(JSON.stringify(title));
  if (metadata !== undefined) columns.push(JSON.stringify(metadata));
  return columns.join('  ');
}
