import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scopePrefix } from '@agent-sessions/session-core';
import type { SessionStore } from '@agent-sessions/session-core/store';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createTableIfNotExists } from '../src';
import { intercept } from './support/requests';
import { newClient, TestTable } from './support/table';

/*
 * The policies that docs/dynamodb.md prints are enough, and the least: whatever the conformance kit does as a tenant needs no
 * action beside theirs, every action of theirs, and no key outside of the condition. The kit runs by a DynamoDBDocumentClient,
 * and with other attribute names.
 */

interface Statement {
  readonly Action: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const page = readFileSync(join(__dirname, '../../../docs/dynamodb.md'), 'utf8');
const [sessions, tables] = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json]) => {
  const { Statement } = JSON.parse(json ?? '') as { Statement: [Statement] };
  return Statement[0];
});
const [leadingKeys = ''] = sessions?.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
const TENANT = leadingKeys.replace(/\*$/, '');

/** Reserved words, which expressions must not contain as they are. */
const attributeNames = { sessionId: 'name', row: 'date', ttl: 'timestamp' };
const table = new TestTable({ attributeNames });
const client = newClient();
const actions = new Set<string>();
const keys = new Set<string>();
const documents = DynamoDBDocumentClient.from(client);
let time = Date.now();

beforeAll(async () => {
  await table.create();
  intercept(client, ({ name, input }, send) => {
    actions.add(`dynamodb:${name}`);
    for (const { S: key = '' } of partitionKeys(input)) keys.add(key);
    return send();
  });
});
afterAll(async () => {
  client.destroy();
  await table.drop();
});

/** Whatever stands for the partition key in a request, at any depth. */
function partitionKeys(value: unknown): { S?: string }[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    name === attributeNames.sessionId || name === ':id' ? [inner as { S?: string }] : partitionKeys(inner),
  );
}

/** What a session with the option `scope` does with the ids that it hands to its store. */
function inScope(store: SessionStore): SessionStore {
  return {
    read: (sessionId, options) => store.read(`${TENANT}${sessionId}`, options),
    commit: (sessionId, change) => store.commit(`${TENANT}${sessionId}`, change),
    clear: (sessionId) => store.clear(`${TENANT}${sessionId}`),
  };
}

const cases = conformanceCases({
  ttlRefresh: true,
  createStore: (options) => inScope(table.open({ ...options, client: documents }, () => time)),
  contains: (sessionId, text) => table.contains(`${TENANT}${sessionId}`, text),
  elapse: async (sessionId, ms) => {
    time += ms;
    await table.expire(`${TENANT}${sessionId}`, time);
  },
});

describe('as a tenant, by a DynamoDBDocumentClient, with reserved words for attribute names', () => {
  for (const { name, run } of cases) {
    // Such an id does not fit in a scope.
    if (!name.includes('2,048 bytes')) test(name, run);
  }

  test('a session takes the actions of its policy, and no other', () => {
    expect(TENANT).toBe(scopePrefix('acme'));
    expect([...actions].sort()).toEqual([...(sessions?.Action ?? [])].sort());
  });

  test('a session stays within the leading keys of its policy', () => {
    expect(keys.size).toBeGreaterThan(50);
    expect([...keys].filter((key) => !key.startsWith(TENANT))).toEqual([]);
  });
});

test('creating a table takes the actions of its policy, and no other', async () => {
  const created = new TestTable();
  const taken = new Set<string>();
  intercept(created.client, ({ name }, send) => {
    taken.add(`dynamodb:${name}`);
    return send();
  });
  await created.create();
  await createTableIfNotExists(created.client, created.name, { enableTtl: true });
  expect([...taken].sort()).toEqual([...(tables?.Action ?? [])].sort());
  await created.drop();
});
