import { DynamoDBStore } from '../src';
import { append, commit, newId, recordsOf } from './support/store';
import { TestTable } from './support/table';
import { measure } from './support/requests';
const table = new TestTable();
beforeAll(() => table.create());
afterAll(() => table.drop());
test('x', async () => {
  const s = new DynamoDBStore({ client: table.client, tableName: table.name });
  const id = newId();
  for (let round = 0; round < 40; round++) {
    const t0 = performance.now();
    for (let i = 0; i < 6; i++) await append(s, id, 'a');
    const t1 = performance.now();
    await commit(s, id, { drop: 'all', append: ['b', 'c', 'd', 'e'] });
    const t2 = performance.now();
    let m; 
    m = await measure(table.client, () => recordsOf(s, id));
    const t3 = performance.now();
    if (round % 8 === 7) console.log(round, ((t1 - t0) / 6).toFixed(1), (t2 - t1).toFixed(1), (t3 - t2).toFixed(1), m);
  }
}, 60000);
