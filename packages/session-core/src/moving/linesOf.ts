import { SessionError } from '../store/errors';

const BYTE_ORDER_MARK = '\ufeff';

/**
 * The lines of a text in UTF-8 that comes in pieces, wherever they are cut. The last one needs no line feed.
 *
 * @throws `INVALID_ARGUMENT`
 */
export async function* linesOf(
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new SessionError('INVALID_ARGUMENT', 'what is imported is not UTF-8');
    }
  };
  let pieces: string[] = [];
  let isFirst = true;
  const line = (end: string): string => {
    const text = [...pieces, end].join('');
    pieces = [];
    const start = isFirst && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    isFirst = false;
    return text.slice(start);
  };
  for await (const chunk of source) {
    const parts = (typeof chunk === 'string' ? chunk : decode(chunk)).split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) yield line(part);
    pieces.push(rest);
  }
  const last = line(decode());
  if (last !== '') yield last;
}
