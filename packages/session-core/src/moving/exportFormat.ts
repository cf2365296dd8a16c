import { createHash } from 'node:crypto';
import { isPlainObject } from '../arguments/isPlainObject';
import { SessionError } from '../store/errors';

/*
 * An exported session, in JSON Lines (https://jsonlines.org): a header, a line with title and metadata where the header
 * says so, then one item a line, oldest first, in the JSON of records/exactJson.ts. The digest is that of the lines behind the header, as `tail -n +2 FILE | sha256sum` shows it.
 */
const FORMAT = 'agent-sessions';
const VERSION = 1;
const DIGEST = /^[\da-f]{64}$/;

/** The first line of an exported session. */
export interface ExportHeader {
  readonly sessionId: string;
  readonly items: number;
  /** Whether the second line holds the title and metadata of the session. */
  readonly hasDetails: boolean;
  /** SHA-256 of the lines behind this one, in hexadecimal. */
  readonly digest: string;
}

export function headerLine({ sessionId, items, hasDetails, digest }: ExportHeader): string {
  const header = { format: FORMAT, version: VERSION, sessionId, items };
  return JSON.stringify({ ...header, ...(hasDetails && { details: true }), digest });
}

/** @throws `INVALID_ARGUMENT`, `UNSUPPORTED_FORMAT` */
export function parseHeader(line: string | undefined): ExportHeader {
  const { format, version, sessionId, items, details = false, digest } = fieldsIn(line);
  if (format !== FORMAT || !Number.isSafeInteger(version)) throw noExport();
  if (version !== VERSION) {
    throw new SessionError(
      'UNSUPPORTED_FORMAT',
      `a later version of agent-sessions made this export, in format ${String(version)}: this one knows format ${VERSION}`,
    );
  }
  const isCount = Number.isSafeInteger(items) && Number(items) >= 0;
  if (
    typeof sessionId !== 'string' ||
    typeof details !== 'boolean' ||
    !isCount ||
    typeof digest !== 'string' ||
    !DIGEST.test(digest)
  ) {
    throw noExport();
  }
  return { sessionId, items: Number(items), hasDetails: details, digest };
}

/** In hexadecimal; equal for equal items in the same order. */
export function digestOfItems(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\n');
  return hash.digest('hex');
}

function fieldsIn(line: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(line ?? '');
    if (isPlainObject(header)) return header;
  } catch {
    // the SyntaxError quotes the line
  }
  throw noExport();
}

function noExport(): SessionError {
  return new SessionError(
    'INVALID_ARGUMENT',
    'line 1 is no header of an exported session: for a list of items, use importItems',
  );
}
