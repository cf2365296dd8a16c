import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SessionError, type StoredRecord } from '@agent-sessions/session-core/store';
import { formatOperations, parseOperations, type Content } from '../log/content';
import type { Chunk, CommitRow, Row } from '../log/rows';
import { corruptRow } from './errors';
import { isChunkSetName, logKey, MOST_CHUNKS, versionAt } from './rowKeys';

/*
 * The one door between rows and what DynamoDB stores: everything behind it sees rows and chunks, and no attributes. Numbers
 * that come in by it are within their bounds; what they say of each other is for who reads the log to check.
 */

/** A row as DynamoDB takes and gives it. */
export type Item = Record<string, AttributeValue>;

/** What the attributes are called whose names the user chooses. */
export interface ResolvedAttributeNames {
  readonly sessionId: string;
  readonly row: string;
  readonly ttl: string;
}

const FORMAT = '1';

/** All attributes beside the keys and the ttl but those of the content, which can be large. */
const HEADER = [
  'format',
  'idempotency_key',
  'created_ms',
  'began_ms',
  'base',
  'length',
  'log_bytes',
  'drop',
  'operation',
  'fingerprint',
  'operation_count',
  'expires_ms',
  'log_ttl',
  'chunks',
  'chunk_count',
  'chunk_records',
  'revision',
];

/** The attributes that a row may have under no other name. */
export const ROW_ATTRIBUTES: readonly string[] = [...HEADER, 'records', 'operations', 'bytes'];

/** How much of a row is read. What is read costs the same; what is left out is not sent. */
export type Extent = 'header' | 'header and operations' | 'all';

/** An attribute that rows of this kind have for as long as they hold content. */
export const CONTENT_OF = { commit: 'base', chunk: 'bytes' } as const;

/** Maps rows to items and back. */
export class RowMapping {
  readonly names: ResolvedAttributeNames;

  constructor(names: ResolvedAttributeNames) {
    this.names = names;
  }

  /** The attributes to ask for; undefined: all of them. */
  attributes(extent: Extent): readonly string[] | undefined {
    if (extent === 'all') return undefined;
    const { row, ttl } = this.names;
    return [row, ttl, ...HEADER, ...(extent === 'header' ? [] : ['operations'])];
  }

  key(partitionKey: string, rowKey: string): Item {
    return { [this.names.sessionId]: { S: partitionKey }, [this.names.row]: { S: rowKey } };
  }

  toItem(partitionKey: string, row: Row | Chunk, content?: Content): Item {
    const rowKey = row.kind === 'chunk' ? row.key : logKey(row.version);
    return {
      ...this.key(partitionKey, rowKey),
      ...numbers({ [this.names.ttl]: row.ttl }),
      ...attributesOf(row, content),
    };
  }

  toStored(item: Item): StoredRow {
    return new StoredRow(this.names, item);
  }
}

/** A row as it is stored, damaged or not. Its properties tell what can be told either way; `row` and `content` throw. */
export class StoredRow {
  readonly #names: ResolvedAttributeNames;
  readonly #item: Item;

  constructor(names: ResolvedAttributeNames, item: Item) {
    this.#names = names;
    this.#item = item;
  }

  /** The sort key. */
  get key(): string {
    return this.#item[this.#names.row]?.S ?? '';
  }

  /** Undefined where the key is that of a chunk, or of no row: then nothing can be put after it. */
  get version(): number | undefined {
    return versionAt(this.key);
  }

  get idempotencyKey(): string | undefined {
    return this.#item.idempotency_key?.S;
  }

  get createdAt(): number | undefined {
    return toNumber(this.#item.created_ms);
  }

  get ttl(): number | undefined {
    return toNumber(this.#item[this.#names.ttl]);
  }

  /** The name of the chunks that the row of a commit has. */
  get chunkSetName(): string | undefined {
    const name = this.#item.chunks?.S;
    return name !== undefined && isChunkSetName(name) ? name : undefined;
  }

  /** What a chunk holds. */
  get bytes(): Uint8Array | undefined {
    return this.#item.bytes?.B;
  }

  /** Whether it still holds what a row of this kind does, and has not become a tombstone. */
  holds(kind: keyof typeof CONTENT_OF): boolean {
    return this.#item[CONTENT_OF[kind]] !== undefined;
  }

  /** Whether the row of a commit, not a chunk, was put by agent-sessions, and in the format of this version. */
  get isOurs(): boolean {
    return this.#item.format?.N === FORMAT;
  }

  get isTombstone(): boolean {
    const { base, length, records, chunks, operations } = this.#item;
    return (base ?? length ?? records ?? chunks ?? operations) === undefined;
  }

  /** @throws `STORE_MISCONFIGURED` for a row of somebody else, `UNSUPPORTED_FORMAT` for one of a later version. */
  assertOurs(): void {
    if (this.isOurs) return;
    const format = this.#item.format?.N;
    if (format === undefined) {
      throw new SessionError(
        'STORE_MISCONFIGURED',
        `row ${this.key} under the key of the session is somebody else's: give sessions a keyPrefix of their own`,
      );
    }
    throw new SessionError(
      'UNSUPPORTED_FORMAT',
      `row ${this.key} of the session has format ${format}, which a newer version of agent-sessions wrote`,
    );
  }

  /** @throws `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`, `CORRUPT_RECORD` */
  row(): Row {
    this.assertOurs();
    const version = this.version ?? this.#invalid(this.#names.row);
    const row = {
      version,
      idempotencyKey: this.idempotencyKey ?? this.#invalid('idempotency_key'),
      createdAt: this.#required('created_ms'),
      ttl: this.#number(this.#names.ttl),
    };
    if (this.isTombstone) return { kind: 'tombstone', ...row };
    const base = this.#required('base', 1, version);
    const operation = this.#item.operation?.S;
    return {
      kind: 'commit',
      ...row,
      base,
      length: this.#required('length'),
      logBytes: this.#required('log_bytes'),
      drop: this.#number('drop', 0, base === version ? 0 : Infinity) ?? 0,
      operation:
        operation === undefined
          ? undefined
          : { id: operation, fingerprint: this.#item.fingerprint?.S ?? this.#invalid('fingerprint') },
      operationCount: this.#number('operation_count', operation === undefined ? 0 : 1) ?? 0,
      beganAt: this.#required('began_ms'),
      expiresAt: this.#number('expires_ms'),
      logTtl: this.#number('log_ttl'),
      chunks: this.#chunksWithRecords(),
      carriedRevision: this.#item.revision?.S,
    };
  }

  /** What the row itself holds of its content. @throws `CORRUPT_RECORD` */
  content(): Content {
    const { records = { L: [] }, operations = { S: '' } } = this.#item;
    return {
      records: (records.L ?? this.#invalid('records')).map(
        (value) => value.S ?? value.B ?? this.#invalid('record, which must be S or B'),
      ),
      operations: parseOperations(operations.S ?? '') ?? this.#invalid('operations'),
    };
  }

  #chunksWithRecords(): CommitRow['chunks'] {
    if (this.#item.chunks === undefined) return undefined;
    return {
      name: this.chunkSetName ?? this.#invalid('chunks'),
      count: this.#required('chunk_count', 1, MOST_CHUNKS),
      records: this.#required('chunk_records'),
    };
  }

  #required(name: string, least?: number, most?: number): number {
    return this.#number(name, least, most) ?? this.#invalid(name);
  }

  #number(name: string, least = 0, most = Infinity): number | undefined {
    if (this.#item[name] === undefined) return undefined;
    const number = toNumber(this.#item[name]);
    return number !== undefined && number >= least && number <= most ? number : this.#invalid(name);
  }

  #invalid(name: string): never {
    throw corruptRow(this.key, `no valid ${name}`);
  }
}

function attributesOf(row: Row | Chunk, content: Content | undefined): Item {
  if (row.kind === 'chunk') return { bytes: { B: row.bytes } };
  const { idempotencyKey, createdAt } = row;
  const common = {
    format: { N: FORMAT },
    ...texts({ idempotency_key: idempotencyKey }),
    ...numbers({ created_ms: createdAt }),
  };
  if (row.kind === 'tombstone') return common;
  const { operation, chunks } = row;
  return {
    ...common,
    ...numbers({
      began_ms: row.beganAt,
      base: row.base,
      length: row.length,
      log_bytes: row.logBytes,
      drop: row.drop || undefined,
      operation_count: row.operationCount || undefined,
      expires_ms: row.expiresAt,
      log_ttl: row.logTtl,
      chunk_count: chunks?.count,
      chunk_records: chunks?.records,
    }),
    ...texts({
      operation: operation?.id,
      fingerprint: operation?.fingerprint,
      chunks: chunks?.name,
      revision: row.carriedRevision,
      operations: content?.operations.size ? formatOperations(content.operations) : undefined,
    }),
    ...(content?.records.length ? { records: { L: content.records.map(toAttribute) } } : {}),
  };
}

function numbers(values: Readonly<Record<string, number | undefined>>): Item {
  return present(values, (number: number) => ({ N: `${number}` }));
}

function texts(values: Readonly<Record<string, string | undefined>>): Item {
  return present(values, (text: string) => ({ S: text }));
}

function present<T>(
  values: Readonly<Record<string, T | undefined>>,
  toAttribute: (value: T) => AttributeValue,
): Item {
  const entries = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, toAttribute(value)] as const],
  );
  return Object.fromEntries(entries);
}

function toAttribute(record: StoredRecord): AttributeValue {
  return typeof record === 'string' ? { S: record } : { B: record };
}

function toNumber(value: AttributeValue | undefined): number | undefined {
  const number = Number(value?.N);
  return Number.isSafeInteger(number) ? number : undefined;
}
