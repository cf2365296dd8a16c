import { COUNTS } from '../log/counts';
import type { CommitRow, Row } from '../log/rows';
import { isChunkSetName, MOST_CHUNKS } from './rowKeys';

/*
 * What a row tells of itself, beside its keys and its ttl, is one text: of a read, every attribute costs about as much time as
 * half a record. It is words: first those of every row of its kind, then, in the row of a commit, `name=value` for what only
 * some have.
 *
 *   commit      <format> <idempotency key> <created> <began> <base> <length> <log bytes> <counts> <follows> [<name>=<value> …]
 *   tombstone   <format> <idempotency key> <created>
 */

const FORMAT = '1';
/** The last time that a `Date` holds, in milliseconds since the epoch. */
const LATEST = 8.64e15;
/** Of the row of a commit. */
const WORDS = 9;
/** Follows no row: the log begins with this one. */
const NONE = '-';

export function formatHeader(row: Row): string {
  const words = [FORMAT, row.idempotencyKey, row.createdAt];
  if (row.kind === 'commit') {
    words.push(row.beganAt, row.base, row.length, row.logBytes, row.counts, row.follows ?? NONE);
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
  const { drop, operation, operationCount, expiresAt, logTtl, chunks, carriedRevision, writtenAt } = row;
  return {
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
    written: writtenAt,
  };
}

type Named = Readonly<Record<string, string | undefined>>;
type Invalid = (what: string) => never;
type Told = Omit<CommitRow, 'kind' | 'version' | 'idempotencyKey' | 'createdAt' | 'ttl'>;

const NOTHING_NAMED: Pick<
  Told,
  | 'drop'
  | 'operation'
  | 'operationCount'
  | 'expiresAt'
  | 'logTtl'
  | 'chunks'
  | 'carriedRevision'
  | 'writtenAt'
> = {
  drop: 0,
  operation: undefined,
  operationCount: 0,
  expiresAt: undefined,
  logTtl: undefined,
  chunks: undefined,
  carriedRevision: undefined,
  writtenAt: undefined,
};

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
    const created = toNumber(this.#words[2]);
    return created !== undefined && created <= LATEST ? created : undefined;
  }

  /** The name of the chunks that the row of a commit has. */
  get chunkSetName(): string | undefined {
    const name = this.#named()?.chunks;
    return name !== undefined && isChunkSetName(name) ? name : undefined;
  }

  /** What the row of a commit tells. @param invalid - throws; is told what is not valid. */
  commit(version: number, invalid: Invalid): Told {
    const [, , , began, base, length, logBytes, counts = '', follows] = this.#words;
    const named = this.#named();
    const first = numberOf('base', base, invalid, 1, version);
    return {
      base: first,
      length: numberOf('length', length, invalid),
      logBytes: numberOf('log bytes', logBytes, invalid),
      counts: COUNTS.test(counts) ? counts : invalid('counts'),
      follows: follows === NONE ? undefined : (follows ?? invalid('row that it follows')),
      beganAt: numberOf('time when the session began', began, invalid, 0, LATEST),
      ...(named === undefined ? NOTHING_NAMED : toldByName(named, first === version, invalid)),
    };
  }

  #named(): Named | undefined {
    if (this.#words.length <= WORDS) return undefined;
    const named: Record<string, string> = {};
    for (const word of this.#words.slice(WORDS)) {
      const at = word.indexOf('=');
      named[word.slice(0, at)] = word.slice(at + 1);
    }
    return named;
  }
}

function toldByName(named: Named, beginsLog: boolean, invalid: Invalid): typeof NOTHING_NAMED {
  const optional = (name: string, least = 0, most = Infinity): number | undefined =>
    named[name] === undefined ? undefined : numberOf(name, named[name], invalid, least, most);
  const { operation: id, fingerprint, chunks: name } = named;
  return {
    drop: optional('drop', 0, beginsLog ? 0 : Infinity) ?? 0,
    operation: id === undefined ? undefined : { id, fingerprint: fingerprint ?? invalid('fingerprint') },
    operationCount: optional('operations', id === undefined ? 0 : 1) ?? 0,
    expiresAt: optional('expires', 0, LATEST),
    logTtl: optional('log_ttl'),
    chunks:
      name === undefined
        ? undefined
        : {
            name: isChunkSetName(name) ? name : invalid('chunks'),
            count: numberOf('chunk_count', named.chunk_count, invalid, 1, MOST_CHUNKS),
            records: numberOf('chunk_records', named.chunk_records, invalid),
          },
    carriedRevision: named.revision,
    writtenAt: optional('written', 0, LATEST),
  };
}

function numberOf(
  what: string,
  word: string | undefined,
  invalid: Invalid,
  least = 0,
  most = Infinity,
): number {
  const number = toNumber(word);
  return number !== undefined && number >= least && number <= most ? number : invalid(what);
}

function toNumber(word: string | undefined): number | undefined {
  const number = word ? Number(word) : NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
