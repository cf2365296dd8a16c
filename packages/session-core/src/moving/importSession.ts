import type { AgentInputItem, RunContext } from '@openai/agents';
import { isPlainObject } from '../arguments/isPlainObject';
import { fromExactJson } from '../records/exactJson';
import { itemText } from '../records/itemJson';
import type { StoredSession } from '../session/storedSession';
import { SessionError } from '../store/errors';
import { digestOfItems, parseHeader, type ExportHeader } from './exportFormat';
import { linesOf } from './linesOf';

/**
 * Puts an exported session into one that holds nothing, as `StoredSession.importItems` does. All of it is read, counted and
 * compared with its digest first: a file that was cut short, or changed, changes nothing.
 *
 * @param source - what `exportSession` has yielded, cut anywhere, as text or as bytes in UTF-8: a stream of a file.
 * @returns the header; the session keeps its own id.
 * @throws `INVALID_ARGUMENT` for what is no whole export, naming the line; `UNSUPPORTED_FORMAT` for one of a later version; what
 * the source and `importItems` throw.
 */
export async function importSession(
  session: StoredSession,
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  runContext?: RunContext,
): Promise<ExportHeader> {
  const lines = linesOf(source);
  const first = await lines.next();
  const header = parseHeader(first.value ?? undefined);
  const items: AgentInputItem[] = [];
  const texts: string[] = [];
  for await (const line of lines) {
    const item = itemIn(line, items.length + 2);
    items.push(item);
    texts.push(itemText(item, `line ${items.length + 1}`));
    if (items.length > header.items)
      throw invalid(`there are more lines than the header's ${header.items} items`);
  }
  if (items.length < header.items) {
    throw invalid(`the export was cut short: ${items.length} of ${header.items} items are there`);
  }
  if (digestOfItems(texts) !== header.digest) throw invalid('the items are not those that were exported');
  await session.importItems(items, runContext);
  return header;
}

function itemIn(line: string, number: number): AgentInputItem {
  try {
    const item = fromExactJson(line);
    if (isPlainObject(item)) return item as AgentInputItem;
  } catch {
    // the SyntaxError quotes the line
  }
  throw invalid(`line ${number} is no item`);
}

function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}
