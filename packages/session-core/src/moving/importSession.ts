import type { AgentInputItem, RunContext } from '@openai/agents';
import { isPlainObject } from '../arguments/isPlainObject';
import { fromExactJson } from '../records/exactJson';
import { itemText } from '../records/itemJson';
import type { SessionDetails } from '../session/sessionDetails';
import type { StoredSession } from '../session/storedSession';
import { digestOfItems, parseHeader, type ExportHeader } from './exportFormat';
import { linesOf } from './linesOf';
import { addDetails } from './sessionContent';
import { invalid } from '../arguments/invalid';

/**
 * Puts an exported session into one that holds nothing, as `StoredSession.importItems` does, and its title and metadata where that
 * one is listed and has none. All of it is read, counted and
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
  const total = header.items + (header.hasDetails ? 1 : 0);
  const values: object[] = [];
  const texts: string[] = [];
  for await (const line of lines) {
    const number = values.length + 2;
    if (values.length === total)
      throw invalid(`there are more lines than the header's ${header.items} items`);
    const value = valueIn(line, number);
    values.push(value);
    texts.push(itemText(value, `line ${number}`));
  }
  if (values.length < total) {
    const there = Math.max(0, values.length - (total - header.items));
    throw invalid(`the export was cut short: ${there} of ${header.items} items are there`);
  }
  if (digestOfItems(texts) !== header.digest) throw invalid('the items are not those that were exported');
  const details = header.hasDetails ? (values.shift() as SessionDetails) : undefined;
  await session.importItems(values as AgentInputItem[], runContext);
  await addDetails(session, details, runContext);
  return header;
}

function valueIn(line: string, number: number): object {
  try {
    const value = fromExactJson(line);
    if (isPlainObject(value)) return value;
  } catch {
    // the SyntaxError quotes the line
  }
  throw invalid(`line ${number} is no item`);
}
