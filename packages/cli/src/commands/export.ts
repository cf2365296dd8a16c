import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { exportSession } from '@agent-sessions/session-core/moving';
import { UsageError, ExitCode } from '../exitCode';
import { RUN_CONTEXT } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const exportTo: Command = ({ operands, options }, output) => {
  const [sessionId, file, ...more] = operands;
  if (sessionId === undefined || more.length > 0)
    throw new UsageError('export takes a session id and a file');
  return withPlace(options, async (place) => {
    const lines = exportSession(place.session(sessionId), RUN_CONTEXT);
    if (file === undefined) {
      await pipeline(lines, output.io.stdout, { end: false });
    } else {
      // One that is there is not written over, and nobody else may read it: it holds a conversation.
      await pipeline(lines, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    }
    return ExitCode.done;
  });
};
