import { oneOperand } from '../commandLine';
import { ExitCode } from '../exitCode';
import { RUN_CONTEXT } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const describe: Command = (line, output) => {
  const sessionId = oneOperand(line, 'session id');
  return withPlace(line.options, async (place) => {
    const description = await place.session(sessionId).describe(RUN_CONTEXT);
    const { items, bytes, createdAt, updatedAt, expiresAt, revision } = description;
    output.result({ sessionId, ...description }, () =>
      [
        `items     ${items}`,
        `bytes     ${bytes ?? 'unknown'}`,
        `created   ${createdAt?.toISOString() ?? 'unknown'}`,
        `updated   ${updatedAt?.toISOString() ?? 'unknown'}`,
        `expires   ${expiresAt?.toISOString() ?? 'never'}`,
        `revision  ${revision}`,
      ].join('\n'),
    );
    return items === 0 && createdAt === undefined ? ExitCode.nothing : ExitCode.done;
  });
};
