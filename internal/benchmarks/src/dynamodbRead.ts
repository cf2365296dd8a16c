/**
 * How long a read of a whole session takes on DynamoDB, beside layouts that hold the same: 1,000 items in rows of 2 and of 25.
 * `npx tsx src/dynamodbRead.ts` in `internal/benchmarks` prints it; medians, rotated in one run.
 */
import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { DynamoDBClient, paginateQuery, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { rotate, timed } from './measure/rotate';
import { median } from './measure/statistics';
import { conversation, inAppendsOf } from './workload/turns';

const ITEMS = 1_000;
const ROUNDS = 100;
const WARM_UP = 20;

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
  for (const [version, items] of inAppendsOf(itemsPerRow, conversation(ITEMS)).entries()) {
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
  const contestants = [
    ...LAYOUTS.map(({ name, toItems }) => ({
      name,
      run: async () => expectAll((await readRows(tableName, name)).flatMap(toItems)),
      times: [] as number[],
    })),
    {
      name: 'DynamoDBSession: getItems',
      run: async () => expectAll(await session.getItems()),
      times: [] as number[],
    },
  ];
  await rotate(contestants, WARM_UP + ROUNDS, async ({ run, times }, round) => {
    const ms = await timed(run);
    if (round >= WARM_UP) times.push(ms);
  });
  console.log(`A read of ${ITEMS} items in rows of ${itemsPerRow}, ${ROUNDS} rounds`);
  const least = median(contestants[0]?.times ?? []);
  for (const { name, times } of contestants) {
    const ms = median(times);
    console.log(`  ${(ms / least).toFixed(2)} ×  ${ms.toFixed(1)} ms  ${name}`);
  }
}

try {
  for (const itemsPerRow of [2, 25]) await compareReads(itemsPerRow);
} finally {
  client.destroy();
  await engine.stop();
}
