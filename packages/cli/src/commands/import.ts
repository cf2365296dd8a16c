import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { StoredSession } from '@agent-sessions/session-core';
import { importSession, itemsInJson } from '@agent-sessions/session-core/moving';
import type { CommandLine } from '../commandLine';
import { ExitCode, UsageError } from '../exitCode';
import type { Output } from '../output';
import { RUN_CONTEXT, type Place } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const importFrom: Command = (line, output) => {
  const [sessionId, file, ...more] = line.operands;
  const { python, items } = line.options;
  if (sessionId === undefined || more.length > 0)
    throw new UsageError('import takes a session id and a file');
  if (python !== undefined && (file !== undefined || items)) throw new UsageError('--python takes no file');
  return withPlace(line.options, async (place) => {
    const count = await importInto(place, sessionId, line, output);
    output.result({ sessionId, items: count }, () => `${count} items`);
    return count === 0 ? ExitCode.nothing : ExitCode.done;
  });
};

async function importInto(
  place: Place,
  sessionId: string,
  { operands: [, file], options }: CommandLine,
  { io }: Output,
): Promise<number> {
  const session = place.session(sessionId);
  if (options.python !== undefined) {
    const items = await place.python(sessionId, options.python, options['python-prefix']);
    await session.importItems(items, RUN_CONTEXT);
    return items.length;
  }
  const source = file === undefined || file === '-' ? io.stdin : createReadStream(file);
  if (!options.items) return (await importSession(session, source, RUN_CONTEXT)).items;
  return importList(session, source);
}

async function importList(session: StoredSession, source: Readable): Promise<number> {
  const items = itemsInJson([await text(source)]);
  await session.importItems(items, RUN_CONTEXT);
  return items.length;
}
