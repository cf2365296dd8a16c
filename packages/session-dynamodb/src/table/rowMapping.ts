import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SessionError } from '@agent-sessions/session-core/store';
import { formatOperations, formatRecords, parseOperations, parseRecords, type Content } from '../log/content';
import type { Chunk, Row } from '../log/rows';
import { corruptRow } from './errors';
import { formatHeader, RowHeader } from './rowHeader';
import { logKey, versionAt } from './rowKeys';

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

/** What a row tells of itself: a row of a commit by the one, a tombstone by the other. */
export const HEADER_OF = { commit: 'commit', tombstone: 'tombstone' } as const;

/** The attributes of content, which can be large. */
const CONTENT = ['records', 'operations', 'bytes'];

/** The attributes that a row may have under no other name. */
export const ROW_ATTRIBUTES: readonly string[] = [...Object.values(HEADER_OF), ...CONTENT];

/** How much of a row is read. What is read costs the same; what is left out is not sent. */
export type Extent = 'header' | 'header and operations' | 'all';

/** An attribute that rows of this kind have for as long as they hold content. */
export const CONTENT_OF = { commit: HEADER_OF.commit, chunk: 'bytes' } as const;

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
    return [row, ttl, ...Object.values(HEADER_OF), ...(extent === 'header' ? [] : ['operations'])];
  }

  key(partitionKey: string, rowKey: string): Item {
    return { [this.names.sessionId]: { S: partitionKey }, [this.names.row]: { S: rowKey } };
  }

  toItem(partitionKey: string, row: Row | Chunk, content?: Content): Item {
    const rowKey = row.kind === 'chunk' ? row.key : logKey(row.version);
    return {
      ...this.key(partitionKey, rowKey),
      ...(row.ttl !== undefined && { [this.names.ttl]: { N: `${row.ttl}` } }),
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
  /** Undefined for a chunk, and for a row of somebody else. */
  readonly #header: RowHeader | undefined;

  constructor(names: ResolvedAttributeNames, item: Item) {
    this.#names = names;
    this.#item = item;
    const header = (item.commit ?? item.tombstone)?.S;
    this.#header = header === undefined ? undefined : new RowHeader(header);
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
    return this.#header?.idempotencyKey;
  }

  get createdAt(): number | undefined {
    return this.#header?.createdAt;
  }

  get ttl(): number | undefined {
    return toNumber(this.#item[this.#names.ttl]);
  }

  /** The name of the chunks that the row of a commit has. */
  get chunkSetName(): string | undefined {
    return this.#header?.chunkSetName;
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
    return this.#header?.isOurs === true;
  }

  get isTombstone(): boolean {
    const { commit, records, operations } = this.#item;
    return (commit ?? records ?? operations) === undefined;
  }

  /** @throws `STORE_MISCONFIGURED` for a row of somebody else, `UNSUPPORTED_FORMAT` for one of a later version. */
  assertOurs(): void {
    this.#ownHeader();
  }

  /** @throws `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`, `CORRUPT_RECORD` */
  row(): Row {
    const header = this.#ownHeader();
    const version = this.version ?? this.#invalid(this.#names.row);
    const row = {
      version,
      idempotencyKey: header.idempotencyKey ?? this.#invalid('idempotency key'),
      createdAt: header.createdAt ?? this.#invalid('time of its commit'),
      ttl: this.#ttl(),
    };
    if (this.isTombstone) return { kind: 'tombstone', ...row };
    if (this.#item.commit === undefined) return this.#invalid('commit');
    return { kind: 'commit', ...row, ...header.commit(version, (what) => this.#invalid(what)) };
  }

  /** What the row itself holds of its content. @throws `CORRUPT_RECORD` */
  content(): Content {
    const { records, operations = { S: '' } } = this.#item;
    const value = records && (records.S ?? records.B ?? this.#invalid('records'));
    return {
      records: value === undefined ? [] : (parseRecords(value) ?? this.#invalid('records')),
      operations: parseOperations(operations.S ?? '') ?? this.#invalid('operations'),
    };
  }

  #ownHeader(): RowHeader {
    if (this.#header?.isOurs) return this.#header;
    if (this.#header === undefined) {
      throw new SessionError(
        'STORE_MISCONFIGURED',
        `row ${this.key} under the key of the session is somebody else's: give sessions a keyPrefix of their own`,
      );
    }
    const { format = this.#invalid('format') } = this.#header;
    throw new SessionError(
      'UNSUPPORTED_FORMAT',
      `row ${this.key} of the session has format ${format}, which a newer version of agent-sessions wrote`,
    );
  }

  #ttl(): number | undefined {
    if (this.#item[this.#names.ttl] === undefined) return undefined;
    const { ttl } = this;
    return ttl !== undefined && ttl >= 0 ? ttl : this.#invalid(this.#names.ttl);
  }

  #invalid(what: string): never {
    throw corruptRow(this.key, `no valid ${what}`);
  }
}

function attributesOf(row: Row | Chunk, content: Content | undefined): Item {
  if (row.kind === 'chunk') return { bytes: { B: row.bytes } };
  const item: Item = { [HEADER_OF[row.kind]]: { S: formatHeader(row) } };
  if (content?.records.length) item.records = toAttribute(formatRecords(content.records));
  if (content?.operations.size) item.operations = { S: formatOperations(content.operations) };
  return item;
}

function toAttribute(value: string | Uint8Array): AttributeValue {
  return typeof value === 'string' ? { S: value } : { B: value };
}

function toNumber(value: AttributeValue | undefined): number | undefined {
  const number = Number(value?.N);
  return Number.isSafeInteger(number) ? number : undefined;
}
