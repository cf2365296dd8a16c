import type { Fixture } from '@agent-sessions/session-core/testing';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import stored from '../fixtures/format-1.json';
import type { Item, TestTable } from './table';

/** As in the JSON of DynamoDB's API: bytes are Base64. */
type JsonValue = { S: string } | { N: string } | { B: string } | { L: JsonValue[] };

interface StoredSession {
  /** Without the partition key. */
  readonly items: readonly Readonly<Record<string, JsonValue>>[];
  readonly records: readonly JsonValue[];
  readonly operations: NonNullable<Fixture['operations']>;
}

/** Sessions as format 1 stores them, literally: these files never change. */
export function fixturesOf(table: TestTable): Record<string, Fixture> {
  const sessions = stored as unknown as Record<string, StoredSession>;
  return Object.fromEntries(
    Object.entries(sessions).map(([name, { items, records, operations }]) => [
      name,
      {
        put: (sessionId: string) =>
          table.put(...items.map((item) => ({ session_id: { S: sessionId }, ...toItem(item) }))),
        records: records.map((record) => {
          const { S, B } = toAttribute(record);
          return S ?? (B as Uint8Array);
        }),
        operations,
      },
    ]),
  );
}

function toItem(item: Readonly<Record<string, JsonValue>>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toAttribute(value)]));
}

function toAttribute(value: JsonValue): AttributeValue {
  if ('B' in value) return { B: Uint8Array.from(Buffer.from(value.B, 'base64')) };
  if ('L' in value) return { L: value.L.map(toAttribute) };
  return value;
}
