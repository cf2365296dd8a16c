import { ExitCode, UsageError } from '../exitCode';
import { RUN_CONTEXT } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const erase: Command = async ({ operands, options }, output) => {
  const { owner, scope, yes } = options;
  const isListed = operands.length === 0;
  if (isListed && owner === undefined) {
    throw new UsageError('erase takes session ids, or --owner NAME for all that are listed');
  }
  const what = isListed ? `all sessions of ${owner}` : `${operands.length} sessions`;
  const where = scope === undefined ? '' : ` in scope ${scope}`;
  if (!yes && !(await output.confirms(`Erase ${what}${where}?`))) return ExitCode.unconfirmed;
  return withPlace(options, async (place) => {
    let sessions = 0;
    if (isListed) {
      const onProgress = (progress: { readonly sessions: number; readonly remaining: number }): void =>
        output.progress(`${progress.sessions} erased, ${progress.remaining} to go`);
      ({ sessions } = await place.index().erase({ onProgress }));
      output.progressEnds();
    }
    for (const sessionId of operands) {
      await place.session(sessionId).clearSession(RUN_CONTEXT);
      sessions++;
    }
    output.result({ sessions }, () => `${sessions} sessions erased`);
    return ExitCode.done;
  });
};
