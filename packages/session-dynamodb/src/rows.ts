import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  NO_HISTORY,
  SessionError,
  type HistoryOperation,
  type Revision,
  type StoredRecord,
} from '@agent-sessions/session-core/store';
import type { KeyNames } from './attributeNames';
import { formatPartsName, parsePartsName, type PartsName } from './partsName';

/** A row as DynamoDB takes and gives it. */
export type Item = Record<string, AttributeValue>;

interface RowBase {
  readonly version: number;
  /** The id of the commit that wrote it: how a retry recognises that it has landed. */
  readonly commit: string;
  /** Milliseconds since the epoch, as all times in rows but `ttl`. */
  readonly createdAt: number;
  /** From when DynamoDB may delete the row, in seconds since the epoch; undefined: never. */
  readonly ttl: number | undefined;
}

/** Says that nothing in front of it counts: what `clear` writes, and what is left of a row that was cleaned up. */
export interface Marker extends RowBase {
  readonly kind: 'marker';
}

/** A commit, without its content. */
export interface CommitRow extends RowBase {
  readonly kind: 'commit';
  /** The version where the live log begins. */
  readonly base: number;
  /** How many records the session has after it. */
  readonly length: number;
  /** What the records of the live log take, in bytes, those that were taken off included. */
  readonly logBytes: number;
  /** How many of the records before it this commit takes off. */
  readonly drop: number;
  readonly operation: HistoryOperation | undefined;
  /** How many operations the session has had, this one included. */
  readonly operationCount: number;
  /** When the session expires, unless there are later rows. */
  readonly expiresAt: number | undefined;
  /** The smallest ttl of the live log: from then on, rows that are still needed may vanish. In seconds. */
  readonly minTtl: number | undefined;
  /** Where the content is that does not fit this row, and how many records that is. */
  readonly parts: (PartsName & { readonly records: number }) | undefined;
  /** The revision that this row leaves as it was; undefined for a row that makes one. */
  readonly keeps: Revision | undefined;
}

export type Row = CommitRow | Marker;

/** What a commit stores: records, and for a row that begins the log anew the operations before it. */
export interface Content {
  readonly records: readonly StoredRecord[];
  readonly operations: ReadonlyMap<string, string>;
}

const FORMAT = '1';

/** A row has up to 400 KB; what it holds beside its content and its keys is well below 1 KB. */
export const MOST_INLINE_BYTES = 400 * 1_024 - 1_024;
/** Above any version that a session comes to, so that there is always a next one. */
const LAST_VERSION = 2 ** 52;

/** All attributes but the content, which can be large. */
export const HEADER = [
  'format',
  'commit',
  'created_ms',
  'base',
  'length',
  'log_bytes',
  'drop',
  'operation',
  'fingerprint',
  'operation_count',
  'expires_ms',
  'min_ttl',
  'parts',
  'part_records',
  'revision',
];

/** All attributes that rows have beside the keys and the ttl. */
export const ROW_ATTRIBUTES = [...HEADER, 'records', 'operations', 'bytes'];

/** The row as far as a reader at time `now` goes: undefined where the session is empty. */
export function liveAt(now: number, row: Row | undefined): CommitRow | undefined {
  if (row?.kind !== 'commit') return undefined;
  return row.expiresAt !== undefined && row.expiresAt <= now ? undefined : row;
}

export function revisionOf(live: CommitRow | undefined): Revision {
  return live ? (live.keeps ?? revisionMadeBy(live)) : NO_HISTORY;
}

/** Of the commit that wrote this row. */
export function revisionMadeBy({ version, commit }: RowBase): Revision {
  return `${version}.${commit}`;
}

export function toItem(keys: KeyNames, partitionKey: string, row: Row, content?: Content): Item {
  const item: Item = {
    ...keyOf(keys, partitionKey, row.version),
    format: { N: FORMAT },
    commit: { S: row.commit },
    created_ms: { N: `${row.createdAt}` },
  };
  const set = (name: string, value: number | undefined): void => {
    if (value !== undefined) item[name] = { N: `${value}` };
  };
  set(keys.ttl, row.ttl);
  if (row.kind === 'marker') return item;
  set('base', row.base);
  set('length', row.length);
  set('log_bytes', row.logBytes);
  set('drop', row.drop || undefined);
  set('operation_count', row.operationCount || undefined);
  set('expires_ms', row.expiresAt);
  set('min_ttl', row.minTtl);
  if (row.operation) {
    item.operation = { S: row.operation.id };
    item.fingerprint = { S: row.operation.fingerprint };
  }
  if (row.keeps !== undefined) item.revision = { S: row.keeps };
  if (row.parts) {
    item.parts = { S: formatPartsName(row.parts) };
    set('part_records', row.parts.records);
  }
  if (content?.records.length) item.records = { L: content.records.map(toAttribute) };
  if (content?.operations.size) item.operations = { S: formatOperations(content.operations) };
  return item;
}

export function keyOf(keys: KeyNames, partitionKey: string, version: number | string): Item {
  return { [keys.sessionId]: { S: partitionKey }, [keys.version]: { N: `${version}` } };
}

/**
 * The row, with numbers that can be: what they say of each other, and of other rows, is for who reads these to check.
 *
 * @throws `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`, `CORRUPT_RECORD`
 */
export function toRow(keys: KeyNames, item: Item): Row {
  const version = versionOf(keys, item);
  assertFormat(version, item);
  const corrupt = (name: string): never => {
    throw corruptRow(version, `no valid ${name}`);
  };
  const numeric = (name: string, least = 0, most = Infinity): number | undefined => {
    if (item[name] === undefined) return undefined;
    const number = toNumber(item[name]);
    return number !== undefined && number >= least && number <= most ? number : corrupt(name);
  };
  if (!isVersion(version)) corrupt(keys.version);
  const row = {
    version,
    commit: item.commit?.S ?? corrupt('commit'),
    createdAt: numeric('created_ms') ?? corrupt('created_ms'),
    ttl: numeric(keys.ttl),
  };
  const base = numeric('base', 1, version);
  if (base === undefined) return hasContent(item) ? corrupt('base') : { kind: 'marker', ...row };
  const operation = item.operation?.S;
  const parts = item.parts?.S;
  return {
    kind: 'commit',
    ...row,
    base,
    length: numeric('length') ?? corrupt('length'),
    logBytes: numeric('log_bytes') ?? corrupt('log_bytes'),
    drop: numeric('drop', 0, base === version ? 0 : Infinity) ?? 0,
    operation:
      operation === undefined
        ? undefined
        : { id: operation, fingerprint: item.fingerprint?.S ?? corrupt('fingerprint') },
    operationCount: numeric('operation_count', operation === undefined ? 0 : 1) ?? 0,
    expiresAt: numeric('expires_ms'),
    minTtl: numeric('min_ttl'),
    parts:
      parts === undefined
        ? undefined
        : {
            ...(parsePartsName(parts) ?? corrupt('parts')),
            records: numeric('part_records') ?? corrupt('part_records'),
          },
    keeps: item.revision?.S,
  };
}

/** Whether a row can have this version: what is not so is damaged, and nothing can be put behind it. */
export function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version >= 1 && version <= LAST_VERSION;
}

/** Whether the row, or what is known of it, is that of a commit, whatever became of its `base`. */
export function hasContent({ length, records, parts, operations }: Item): boolean {
  return (length ?? records ?? parts ?? operations) !== undefined;
}

/**
 * @param count How many records the row, or its parts, hold.
 * @param kept How many records of the history are in this row and in those before it, by what newer rows say.
 * @param dropped How many of the newest ones newer rows take off.
 * @throws `CORRUPT_RECORD` where the row says something else: otherwise a damaged number would shorten the history.
 */
export function assertLength(row: CommitRow, count: number, kept: number, dropped: number): void {
  const isPossible = row.version === row.base ? count === row.length : count <= row.length;
  if (!isPossible || row.length - dropped !== kept) {
    throw corruptRow(row.version, 'a length that its records, or the rows around it, contradict');
  }
}

/** What the row itself holds of its content. @throws `CORRUPT_RECORD` */
export function inlineContent(keys: KeyNames, item: Item): Content {
  const corrupt = (problem: string): never => {
    throw corruptRow(versionOf(keys, item), problem);
  };
  const { records = { L: [] }, operations = { S: '' } } = item;
  return {
    records: (records.L ?? corrupt('records that are no list')).map(
      (value) => value.S ?? value.B ?? corrupt('a record that is neither S nor B'),
    ),
    operations: parseOperations(operations.S ?? '') ?? corrupt('no valid operations'),
  };
}

function corruptRow(version: number, problem: string): SessionError {
  return new SessionError('CORRUPT_RECORD', `row ${version} of the session has ${problem}`);
}

/** @throws `STORE_MISCONFIGURED` for a row of somebody else, `UNSUPPORTED_FORMAT` for one of a later version. */
export function assertFormat(version: number, item: Item): void {
  if (isOurs(item)) return;
  const format = item.format?.N;
  if (format === undefined) {
    throw new SessionError(
      'STORE_MISCONFIGURED',
      `row ${version} under the key of the session is somebody else's: give sessions a keyPrefix of their own`,
    );
  }
  throw new SessionError(
    'UNSUPPORTED_FORMAT',
    `row ${version} of the session has format ${format}, which a newer version of agent-sessions wrote`,
  );
}

/** Whether a row, not a part, was written by agent-sessions, and in the format of this version. */
export function isOurs(item: Item): boolean {
  return item.format?.N === FORMAT;
}

export function versionOf(keys: KeyNames, item: Item): number {
  return Number(item[keys.version]?.N);
}

export function toNumber(value: AttributeValue | undefined): number | undefined {
  const number = Number(value?.N);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** What the content takes in a row. */
export function byteLength({ records, operations }: Content): number {
  return bytesOf(records) + formatOperations(operations).length;
}

/** What the records take in a row. */
export function bytesOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, record) => sum + 1 + Buffer.byteLength(record), 0);
}

export function formatOperations(operations: ReadonlyMap<string, string>): string {
  return [...operations].flat().join(' ');
}

/** Undefined for what `formatOperations` does not write. */
export function parseOperations(text: string): Map<string, string> | undefined {
  const words = text === '' ? [] : text.split(' ');
  const operations = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const [id = '', fingerprint = ''] = words.slice(index, index + 2);
    if (id === '' || fingerprint === '') return undefined;
    operations.set(id, fingerprint);
  }
  return operations;
}

function toAttribute(record: StoredRecord): AttributeValue {
  return typeof record === 'string' ? { S: record } : { B: record };
}
