import { copySessions, sessionIdsOf, type SessionCopy } from '@agent-sessions/session-core/moving';
import { ExitCode, UsageError } from '../exitCode';
import { openTarget, RUN_CONTEXT } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const copy: Command = ({ operands, options }, output) => {
  if ((operands.length === 0) === (options.owner === undefined)) {
    throw new UsageError('copy takes session ids, or --owner NAME for all that are listed');
  }
  return withPlace(options, (from) =>
    withPlace(
      options,
      async (to) => {
        let done = 0;
        const report = await copySessions(operands.length > 0 ? operands : sessionIdsOf(from.index()), {
          from: (sessionId) => from.session(sessionId),
          to: (sessionId) => to.session(sessionId),
          runContext: RUN_CONTEXT,
          onProgress: () => output.progress(`${++done} sessions`),
        });
        output.progressEnds();
        for (const each of report.incomplete) output.note(`${each.sessionId}: ${problemOf(each)}`);
        const { sessions, items } = report;
        const incomplete = report.incomplete.map(({ sessionId }) => sessionId);
        output.result({ sessions, items, incomplete }, () => `${sessions} sessions of ${items} items`);
        return incomplete.length === 0 ? ExitCode.done : ExitCode.incomplete;
      },
      openTarget,
    ),
  );
};

function problemOf(copied: SessionCopy): string {
  if ('error' in copied) return `${copied.error.code}: ${copied.error.message}`;
  if (copied.isOutdated) return 'was changed while it was copied: clear the copy, and copy it again';
  return `${copied.missed} items came in while it was copied: copy it again`;
}
