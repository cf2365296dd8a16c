import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { intercept } from './support/requests';
import { append, newId } from './support/store';
import { beginsLog, newClient, TestTable, type Item } from './support/table';

/*
 * Rows outlast their session by a margin, and when that is used up the log is rewritten: docs/reliability.md weighs the
 * rewrites against how long expired content stays. Here the store is held to its own line of that table, and the table
 * to what it says.
 */

const HOUR = 3_600_000;
const TTL_MS = 40 * HOUR;
const MARGINS = [1 / 4, 1 / 2, 1];
/** In parts of the ttl. */
const INTERVALS = [1 / 100, 1 / 10, 1 / 2];
const OF_THE_STORE = 1 / 2;

const table = new TestTable();

beforeAll(() => table.create());
afterAll(() => table.drop());

/** How many of so many writes rewrite the log, that come this far apart behind the one that begins it. */
function rewrites(writes: number, margin: number, interval: number): number {
  let count = 0;
  let firstRowGoes = TTL_MS * (1 + margin);
  for (let write = 1; write <= writes; write++) {
    const expiresAt = write * (TTL_MS * interval) + TTL_MS;
    if (expiresAt <= firstRowGoes) continue;
    count++;
    firstRowGoes = expiresAt + TTL_MS * margin;
  }
  return count;
}

test.each(INTERVALS)(
  'a session that is written to every %d ttl is rewritten as often as told',
  async (interval) => {
    const id = newId();
    let now = Date.now();
    const client = newClient();
    const store = table.open({ client, ttlSeconds: TTL_MS / 1_000 }, () => now);
    await append(store, id, 'begin');
    let count = 0;
    intercept(client, ({ name, input }, send) => {
      if (name === 'PutItem' && beginsLog(input.Item as Item)) count++;
      return send();
    });
    for (let write = 1; write <= 120; write++) {
      now += TTL_MS * interval;
      await append(store, id, `${write}`);
    }
    client.destroy();
    expect(count).toBe(rewrites(120, OF_THE_STORE, interval));
  },
);

test('the table in the docs has the figures of the store', () => {
  const docs = readFileSync(join(__dirname, '../../../docs/reliability.md'), 'utf8');
  const lines = docs.split('\n').filter((line) => /^\| \*{0,2}[¼½1]\*{0,2} × /.test(line));
  const figures = lines.map((line) =>
    line
      .split('|')
      .slice(2, 5)
      .map((cell) => Number(cell.replaceAll(/[,* ]/g, ''))),
  );
  expect(figures).toEqual(
    MARGINS.map((margin) => INTERVALS.map((interval) => rewrites(1_000, margin, interval))),
  );
});
