import type { RunContext } from '@openai/agents';
import { digestOfItems, headerLine } from './exportFormat';
import { detailsOf, textsOf, type ReadableSession } from './sessionContent';

/**
 * A session as JSON Lines, each with its line feed: a header with the number of items and a digest, the title and metadata where
 * some are noted, then one item a line. The items are those of one moment, read at once and held in memory until the last line is
 * taken. They come back exactly, bytes and odd numbers too. With `onCorruptRecord: 'skip'`, what cannot be decoded is left out.
 *
 * @throws What `getItems` throws; `UNSERIALIZABLE_ITEM` for what a session of another package holds.
 */
export async function* exportSession(
  session: ReadableSession,
  runContext?: RunContext,
): AsyncGenerator<string, void, undefined> {
  const sessionId = await session.getSessionId();
  const texts = await textsOf(session, runContext);
  const details = await detailsOf(session, runContext);
  const lines = details === undefined ? texts : [JSON.stringify(details), ...texts];
  const hasDetails = details !== undefined;
  yield `${headerLine({ sessionId, items: texts.length, hasDetails, digest: digestOfItems(lines) })}\n`;
  for (const line of lines) yield `${line}\n`;
}
