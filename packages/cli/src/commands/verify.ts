import { SessionError } from '@agent-sessions/session-core';
import type { StorageFinding } from '@agent-sessions/session-core/moving';
import { ExitCode, UsageError } from '../exitCode';
import { RUN_CONTEXT, type Place } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const verify: Command = ({ operands, options }, output) => {
  if (operands.length === 0) throw new UsageError('verify takes session ids');
  return withPlace(options, async (place) => {
    let isDamaged = false;
    for (const sessionId of operands) {
      const stored = await place.verify(sessionId);
      const findings = [...stored, ...(await unreadable(place, sessionId, stored))];
      isDamaged ||= findings.some(({ kind }) => kind === 'damaged');
      output.result({ sessionId, findings }, () =>
        findings.length === 0
          ? `${sessionId}: sound`
          : findings.map(({ kind, what }) => `${sessionId}: ${kind}: ${what}`).join('\n'),
      );
    }
    return isDamaged ? ExitCode.incomplete : ExitCode.done;
  });
};

const OF_RECORDS = ['CORRUPT_RECORD', 'UNSUPPORTED_FORMAT', 'UNKNOWN_KEY', 'UNENCRYPTED_RECORD'] as const;

/** What a read of the session finds, with its keys. What fails because of what was found in its storage is told already. */
async function unreadable(
  place: Place,
  sessionId: string,
  stored: readonly StorageFinding[],
): Promise<StorageFinding[]> {
  try {
    await place.session(sessionId).getItems(undefined, RUN_CONTEXT);
    return [];
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    const isOfRecord = OF_RECORDS.some((code) => code === error.code);
    if (!isOfRecord && !stored.some(({ kind }) => kind === 'damaged')) throw error;
    return isOfRecord ? [{ kind: 'damaged', what: `${error.code}: ${error.message}` }] : [];
  }
}
