import { COUNTS } from '../log/counts';
import type { CommitRow, Row } from '../log/rows';
import { isChunkSetName, MOST_CHUNKS } from './rowKeys';

/*
 * What a row tells of itself, beside its keys and its ttl, is one text: of a read, every attribute costs about as much time as
 * half a record. It is words: first those of every row of its kind, then, in the row of a commit, `name=value` for what only
 * some have.
 *
 *   commit      <format> <idempotency key> <created> <began> <base> <length> <log bytes> <counts> [<name>=<value> …]
 *   tombstone   <format> <idempotency key> <created>
 */

const FORMAT = '1';
/** Of the row of a commit. */
const WORDS = 8;

export function formatHeader(row: Row): string {
  const words = [FORMAT, row.idempotencyKey, row.createdAt];
  if (row.kind === 'commit') {
    words.push(row.beganAt, row.base, row.length, row.logBytes, row.counts);
    for (const [name, value] of Object.entries(namedValues(row))) {
      if (value !== undefined) words.push(`${name}=${value}`);
    }
  }
  return words.join(' ');
}

/** What the headers of all rows of this commit begin with, those of its tombstones included. */
export function headerStart(idempotencyKey: string): string {
  return `${FORMAT} ${idempotencyKey} `;
}

function namedValues(row: CommitRow): Readonly<Record<string, string | number | undefined>> {
  const { follows, drop, operation, operationCount, expiresAt, logTtl, chunks, carriedRevision } = row;
  return {
    follows,
    drop: drop || undefined,
    operation: operation?.id,
    fingerprint: operation?.fingerprint,
    operations: operationCount || undefined,
    expires: expiresAt,
    log_ttl: logTtl,
    chunks: chunks?.name,
    chunk_count: chunks?.count,
    chunk_records: chunks?.records,
    revision: carriedRevision,
  };
}

/** A header as it is stored, damaged or not. */
export class RowHeader {
  readonly #words: readonly string[];

  constructor(text: string) {
    this.#words = text.split(' ');
  }

  /** Undefined where it is none of any version. */
  get format(): string | undefined {
    const [format = ''] = this.#words;
    return /^\d{1,9}$/.test(format) ? format : undefined;
  }

  get isOurs(): boolean {
    return this.#words[0] === FORMAT;
  }

  get idempotencyKey(): string | undefined {
    return this.#words[1] || undefined;
  }

  get createdAt(): number | undefined {
    return toNumber(this.#words[2]);
  }

  /** The name of the chunks that the row of a commit has. */
  get chunkSetName(): string | undefined {
    const { chunks } = this.#named();
    return chunks !== undefined && isChunkSetName(chunks) ? chunks : undefined;
  }

  /** What the row of a commit tells. @param invalid - throws; is told what is not valid. */
  commit(
    version: number,
    invalid: (what: string) => never,
  ): Omit<CommitRow, 'kind' | 'version' | 'idempotencyKey' | 'createdAt' | 'ttl'> {
    const [, , , began, base, length, logBytes, counts = ''] = this.#words;
    const named = this.#named();
    const required = (what: string, word: string | undefined, least = 0, most = Infinity): number => {
      const number = toNumber(word);
      return number !== undefined && number >= least && number <= most ? number : invalid(what);
    };
    const optional = (name: string, least = 0, most = Infinity): number | undefined =>
      named[name] === undefined ? undefined : required(name, named[name], least, most);
    const { operation, fingerprint, chunks } = named;
    const first = required('base', base, 1, version);
    return {
      base: first,
      length: required('length', length),
      logBytes: required('log bytes', logBytes),
      counts: COUNTS.test(counts) ? counts : invalid('counts'),
      beganAt: required('time when the session began', began),
      follows: named.follows,
      drop: optional('drop', 0, first === version ? 0 : Infinity) ?? 0,
      operation:
        operation === undefined
          ? undefined
          : { id: operation, fingerprint: fingerprint ?? invalid('fingerprint') },
      operationCount: optional('operations', operation === undefined ? 0 : 1) ?? 0,
      expiresAt: optional('expires'),
      logTtl: optional('log_ttl'),
      chunks:
        chunks === undefined
          ? undefined
          : {
              name: this.chunkSetName ?? invalid('chunks'),
              count: required('chunk_count', named.chunk_count, 1, MOST_CHUNKS),
              records: required('chunk_records', named.chunk_records),
            },
      carriedRevision: named.revision,
    };
  }

  #named(): Readonly<Record<string, string | undefined>> {
    if (this.#words.length <= WORDS) return NOTHING_NAMED;
    const named: Record<string, string> = {};
    for (const word of this.#words.slice(WORDS)) {
      const at = word.indexOf('=');
      named[word.slice(0, at)] = word.slice(at + 1);
    }
    return named;
  }
}

const NOTHING_NAMED = {};

function toNumber(word: string | undefined): number | undefined {
  const number = word === undefined || !/^\d{1,16}$/.test(word) ? NaN : Number(word);
  return Number.isSafeInteger(number) ? number : undefined;
}
