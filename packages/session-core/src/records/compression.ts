import { Buffer } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DICTIONARY_1 } from './dictionary1';

/*
 * Record format 0x01: the format byte, and the text in UTF-8, by DEFLATE (RFC 1951) with a dictionary before it. It carries no
 * checksum, as text does not.
 */

/** The first byte of a compressed record. */
export const COMPRESSED = 0x01;

/**
 * In bytes of UTF-8. What a store can keep without compression, it can keep with it: 16 MiB is the most that DynamoDB takes in
 * one commit, and a larger text stays as it is, so what can be written can be read. A hostile record inflates to no more.
 */
const LONGEST_TEXT = 16 * 1024 * 1024;
/** In bytes: some stores need a few more for bytes than for text. */
const LEAST_SAVED = 8;
const LEVEL = 6;
const DICTIONARY = Buffer.from(DICTIONARY_1);

/** The block of a DEFLATE stream that is stored as it is has a header of 5 bytes: no last block, the length, its complement. */
const STORED_HEADER_BYTES = 5;
const DICTIONARY_BLOCK = storedBlock(DICTIONARY);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The compressed record of an item's JSON text; undefined where that saves nothing, or the text has more than 16 MiB. */
export function compressRecord(text: string): Uint8Array | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes > LONGEST_TEXT) return undefined;
  const deflated = deflateRawSync(text, { level: LEVEL, dictionary: DICTIONARY });
  if (1 + deflated.length > bytes - LEAST_SAVED) return undefined;
  const record = new Uint8Array(deflated.length + 1);
  record[0] = COMPRESSED;
  record.set(deflated, 1);
  return record;
}

/**
 * The text of a record that begins with `COMPRESSED`; undefined for what `compressRecord` does not write: damaged, cut off, with
 * something behind it, not UTF-8, or of more than 16 MiB, of which no more is inflated.
 *
 * The dictionary precedes the record in the stream, as a block that is stored as it is. That means the same to DEFLATE as the
 * option `dictionary`, which Deno ignores for raw streams.
 */
export function decompressRecord(record: Uint8Array): string | undefined {
  const stream = Buffer.concat([DICTIONARY_BLOCK, record.subarray(1)]);
  try {
    const { buffer, engine } = inflated(stream);
    if (engine.bytesWritten !== stream.length) return undefined;
    return utf8.decode(buffer.subarray(DICTIONARY.length));
  } catch {
    return undefined; // the error tells nothing more
  }
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Also how many bytes of the stream were read, which the types of Node do not tell. */
function inflated(stream: Buffer): Inflated {
  const maxOutputLength = DICTIONARY.length + LONGEST_TEXT;
  return inflateRawSync(stream, { maxOutputLength, info: true }) as unknown as Inflated;
}

function storedBlock(content: Buffer): Buffer {
  const header = Buffer.alloc(STORED_HEADER_BYTES);
  header.writeUInt16LE(content.length, 1);
  header.writeUInt16LE(~content.length & 0xffff, 3);
  return Buffer.concat([header, content]);
}
