/**
 * How long a read of a whole session takes on DynamoDB, beside layouts that hold the same: 1,000 items in rows of 2 and of 25.
 * `npx tsx src/dynamodbRead.ts` in `internal/benchmarks` prints it; medians, rotated in one run.
 */
import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { DynamoDBClient, paginateQuery, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { compare } from './compare';

const ITEMS = 1_000;
const ROUNDS = 100;
const PROSE =
  'The committee met on Tuesday to "discuss" the proposal, and after some debate decided to take it up again in spring. ';

/** A user's 200 bytes, a call's 370, a tool's 2.1 KB, an answer's 830. */
function item(number: number): AgentInputItem {
  const text = (bytes: number): string => `${number} ${PROSE.repeat(20)}`.slice(0, bytes);
  const callId = `call_${number}`;
  const kinds: AgentInputItem[] = [
    { role: 'user', content: text(160) },
    { type: 'function_call', callId, name: 'weather', status: 'completed', arguments: `{"q":"${number}"}` },
    { type: 'function_call_result', callId, name: 'weather', status: 'completed', output: text(2_000) },
    {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: text(720) }],
    },
  ];
  return kinds[number % kinds.length] as AgentInputItem;
}

/** How a row is kept, and what an item of it is made of again. */
interface Layout {
  readonly name: string;
  readonly toRow: (items: readonly AgentInputItem[], version: number) => Record<string, AttributeValue>;
  readonly toItems: (row: Record<string, AttributeValue>) => AgentInputItem[];
}

const parse = (text: string): AgentInputItem => JSON.parse(text) as AgentInputItem;
const linesOf = (items: readonly AgentInputItem[]): string =>
  items.map((item) => JSON.stringify(item)).join('\n');
const headerOf = (version: number): string =>
  `1 ${randomUUID().slice(0, 22)} ${Date.now()} ${Date.now()} 1 ${version} 877 22222222222222222 follows=12345678`;

const LAYOUTS: readonly Layout[] = [
  {
    name: 'rows of one JSON string each, which tell nothing else',
    toRow: (items) => ({ records: { S: JSON.stringify(items) } }),
    toItems: ({ records }) => JSON.parse(records?.S ?? '') as AgentInputItem[],
  },
  {
    name: 'the same content as ours in one text per row',
    toRow: (items, version) => ({ commit: { S: `${headerOf(version)}\n${linesOf(items)}` } }),
    toItems: ({ commit }) => commit?.S?.split('\n').slice(1).map(parse) ?? [],
  },
  {
    name: 'the same content as ours in an attribute for each value, records in a list',
    toRow: (items, version) => ({
      ...Object.fromEntries(
        headerOf(version)
          .split(' ')
          .map((word, index) => [`attribute_${index}`, /^\d+$/.test(word) ? { N: word } : { S: word }]),
      ),
      records: { L: items.map((item) => ({ S: JSON.stringify(item) })) },
    }),
    toItems: ({ records }) => records?.L?.map(({ S }) => parse(S ?? '')) ?? [],
  },
];

const engine = await startDynamoDB();
const client = new DynamoDBClient(localClientConfig(engine.endpoint));

async function readRows(tableName: string, id: string): Promise<Record<string, AttributeValue>[]> {
  const rows: Record<string, AttributeValue>[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: '#id = :id AND #row BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#id': 'session_id', '#row': 'row' },
      ExpressionAttributeValues: { ':id': { S: id }, ':from': { S: 'log#' }, ':to': { S: 'log#~' } },
      ConsistentRead: true,
      ScanIndexForward: false,
    },
  );
  for await (const { Items = [] } of pages) rows.push(...Items);
  return rows.reverse();
}

async function compareReads(itemsPerRow: number): Promise<void> {
  const tableName = `benchmark-${randomUUID()}`;
  await createTableIfNotExists(client, tableName);
  const session = new DynamoDBSession({ client, tableName, sessionId: 'session' });
  for (let version = 0; version < ITEMS / itemsPerRow; version++) {
    const items = Array.from({ length: itemsPerRow }, (_, index) => item(version * itemsPerRow + index));
    await session.addItems(items);
    const row = { S: `log#${`${version}`.padStart(12, '0')}` };
    for (const { name, toRow } of LAYOUTS) {
      const Item = { session_id: { S: name }, row, ...toRow(items, version) };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    }
  }
  const expectAll = (items: readonly AgentInputItem[]): void => {
    if (items.length !== ITEMS) throw new Error(`${items.length} items of ${ITEMS}`);
  };
  const results = await compare(
    [
      ...LAYOUTS.map(({ name, toItems }) => ({
        name,
        run: async () => expectAll((await readRows(tableName, name)).flatMap(toItems)),
      })),
      { name: 'DynamoDBSession: getItems', run: async () => expectAll(await session.getItems()) },
    ],
    ROUNDS,
    () => Promise.resolve(),
  );
  console.log(`A read of ${ITEMS} items in rows of ${itemsPerRow}, ${ROUNDS} rounds`);
  for (const { name, medianMs, ratio } of results) {
    console.log(`  ${ratio.toFixed(2)} ×  ${medianMs.toFixed(1)} ms  ${name}`);
  }
}

try {
  for (const itemsPerRow of [2, 25]) await compareReads(itemsPerRow);
} finally {
  client.destroy();
  await engine.stop();
}
