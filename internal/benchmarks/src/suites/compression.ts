import { randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import {
  DynamoDBSession,
  DynamoDBStore,
  MemoryStore,
  StoredSession,
  type SessionOptions,
} from '@agent-sessions/session-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { DICTIONARY_1 } from '../../../../packages/session-core/src/records/dictionary1';
import { meteredClient, type DynamoDBContestant } from '../contestants/dynamodb/server';
import { IDLE } from '../measure/conditions';
import { rotate, timed } from '../measure/rotate';
import { figures, ratio } from '../report/numbers';
import type { Table } from '../report/section';
import { chatTurns, textItems, toolTurns } from '../workload/textItems';
import type { Kind } from '../workload/texts';
import { bytesOf } from '../workload/turns';
import { openDynamoDB } from './dynamodbArena';
import type { Suite } from './suite';

const KINDS: readonly Kind[] = ['prose', 'tool JSON', 'code'];
const SIZES = [300, 1_000, 2_000, 8_000];
const ITEMS = 60;
const TURNS = 40;
const ROUNDS = 40;
/** Of zlib, as records have it. */
const LEVEL = 6;

/** What compressed records take, what they cost, and when they pay. */
export const compression: Suite = {
  name: 'dynamodb compression',
  run: async ({ progress }) => {
    progress.step('Compression: bytes');
    const bytes = await bytesTable();
    progress.step('Compression: times');
    const times = await timesTable();
    progress.step('Compression: units');
    const units = await unitsTable();
    return {
      title: 'Compression',
      text:
        'The option `compression`, on texts that its dictionary was not made from: the documents of this repository, results of ' +
        'tools made up of their words and of numbers, and sources. Per cent are those of the items’ JSON.',
      tables: [bytes, units, times],
    };
  },
};

async function bytesTable(): Promise<Table> {
  const rows = KINDS.map(async (kind) => {
    const cells = SIZES.map(async (size) => {
      const items = textItems(kind, size, ITEMS);
      const alone = items.map((item) => 1 + deflateRawSync(JSON.stringify(item), { level: LEVEL }).length);
      const percent = (part: number): string => `${Math.round((100 * part) / bytesOf(items))} %`;
      return `${percent(await recordBytes(items))} (${percent(sum(alone))})`;
    });
    return [kind, ...(await Promise.all(cells))];
  });
  return {
    title: 'What an item takes, and in brackets without the dictionary',
    columns: ['', ...SIZES.map(sizeText)],
    rows: await Promise.all(rows),
  };
}

/** As they are stored, compressed. */
async function recordBytes(items: readonly AgentInputItem[]): Promise<number> {
  const store = new MemoryStore();
  await new StoredSession(store, { sessionId: 's', compression: true }).addItems([...items]);
  const { records } = await store.read('s');
  return sum(records.map((record) => Buffer.byteLength(record)));
}

/** Of a session on a store that takes no time. */
async function timesTable(): Promise<Table> {
  const append: string[] = [];
  const read: string[] = [];
  for (const size of SIZES) {
    const items = KINDS.flatMap((kind) => textItems(kind, size, ITEMS));
    const [plain, compressed] = [new Times(false), new Times(true)];
    await rotate([plain, compressed], ROUNDS, (times) => times.take(items));
    append.push(figures(Math.min(...compressed.append) - Math.min(...plain.append)));
    read.push(figures(Math.min(...compressed.read) - Math.min(...plain.read)));
  }
  return {
    title: `Microseconds that it takes more for an item, in the fastest of ${ROUNDS} rounds`,
    columns: ['', ...SIZES.map(sizeText)],
    rows: [
      ['append', ...append],
      ['read', ...read],
    ],
  };
}

/** In microseconds for each item. */
class Times {
  readonly append: number[] = [];
  readonly read: number[] = [];
  readonly #compression: boolean;

  constructor(compression: boolean) {
    this.#compression = compression;
  }

  async take(items: AgentInputItem[]): Promise<void> {
    const session = new StoredSession(new MemoryStore(), { compression: this.#compression });
    const perItem = 1_000 / items.length;
    this.append.push((await timed(() => session.addItems(items))) * perItem);
    this.read.push((await timed(() => session.getItems())) * perItem);
  }
}

/** As DynamoDB says that it consumed them. */
async function unitsTable(): Promise<Table> {
  const turns = { 'a chat turn of 1.8 KB': chatTurns(TURNS), 'a tool turn of 3 KB': toolTurns(TURNS) };
  const ways = [sessions('plain', {}), sessions('compressed', { compression: true }), wholeCommits];
  const arena = await openDynamoDB(ways, IDLE);
  const rows: string[][] = [];
  try {
    for (const [name, appends] of Object.entries(turns)) {
      const row = [name];
      for (const { measured, meter } of arena.entrants) {
        const before = meter?.units.write ?? NaN;
        const conversation = measured.open(name);
        for (const items of appends) await conversation.append(items);
        row.push(ratio(((meter?.units.write ?? NaN) - before) / appends.length));
      }
      rows.push(row);
    }
  } finally {
    await arena.close();
  }
  return {
    title: 'Write units of a turn on DynamoDB, on average',
    columns: ['', ...ways.map(({ name }) => name)],
    rows,
  };
}

function sessions(name: string, options: SessionOptions): DynamoDBContestant {
  return way(name, ({ client, tableName, sessionId }) => {
    const session = new DynamoDBSession({ client, tableName, sessionId, ...options });
    return (items) => session.addItems(items);
  });
}

/** What is not done: the items of a commit as one record. */
const wholeCommits = way('all items as one', ({ client, tableName, sessionId }) => {
  const store = new DynamoDBStore({ client, tableName });
  const options = { level: LEVEL, dictionary: Buffer.from(DICTIONARY_1) };
  return async (items) => {
    const text = items.map((item) => JSON.stringify(item)).join('\n');
    const record = Buffer.concat([Buffer.of(1), deflateRawSync(text, options)]);
    await store.commit(sessionId, { idempotencyKey: randomUUID(), append: [record] });
  };
});

interface Place {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly sessionId: string;
}

/** Only appends are measured. */
function way(
  name: string,
  open: (place: Place) => (items: AgentInputItem[]) => Promise<unknown>,
): DynamoDBContestant {
  return {
    name,
    kind: 'ours',
    does: 'appends',
    limit: name,
    connect: (server) => {
      const client = meteredClient(server);
      return {
        open: (id) => ({
          append: open({ client, tableName: server.tableName, sessionId: `${name} ${id}` }),
          readAll: () => Promise.resolve([]),
          readLast: () => Promise.resolve([]),
        }),
        close: () => client.destroy(),
      };
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sizeText(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${bytes / 1_000} KB`;
}
