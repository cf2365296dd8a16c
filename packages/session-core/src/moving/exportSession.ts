import type { AgentInputItem, RunContext } from '@openai/agents';
import { itemTexts } from '../records/itemJson';
import { digestOfItems, headerLine } from './exportFormat';

/** What is read of a session that is exported: any session of the SDK has it. */
export interface ReadableSession {
  getSessionId(): Promise<string>;
  getItems(limit?: number, runContext?: RunContext): Promise<AgentInputItem[]>;
}

/**
 * A session as JSON Lines, each with its line feed: a header with the number of items and their digest, then one item a line.
 * The items are those of one moment, read at once and held in memory until the last line is taken. They come back exactly,
 * bytes and odd numbers too. With `onCorruptRecord: 'skip'`, what cannot be decoded is left out.
 *
 * @throws What `getItems` throws; `UNSERIALIZABLE_ITEM` for what a session of another package holds.
 */
export async function* exportSession(
  session: ReadableSession,
  runContext?: RunContext,
): AsyncGenerator<string, void, undefined> {
  const sessionId = await session.getSessionId();
  const texts = itemTexts(await session.getItems(undefined, runContext));
  yield `${headerLine({ sessionId, items: texts.length, digest: digestOfItems(texts) })}\n`;
  for (const text of texts) yield `${text}\n`;
}
