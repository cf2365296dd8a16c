import { conformanceCases, type ConformanceCase } from '../src/testing';
import { brokenStores } from './brokenStores';
import { harnessOf, INTACT, type Fault } from './brokenStores/brokenStore';
import { expiring } from './brokenStores/forgetting';

/** Cases about what `StoredSession` refuses before a store hears of it. */
const ABOUT_CORE_ALONE = [
  'session: what cannot be stored is refused whole',
  'transactions: what is invalid is refused before anything changes',
  'rewriting: invalid mutations are refused before anything changes',
];

const all = conformanceCases(harnessOf(INTACT)).map(({ name }) => name);

/** One case, over a database of its own. */
function caseOf(fault: Fault, name: string): ConformanceCase {
  const found = conformanceCases(harnessOf(fault)).find((each) => each.name === name);
  if (!found) throw new Error(`the kit has no case '${name}'`);
  return found;
}

describe.each(Object.entries(brokenStores))('a store that %s', (_name, { fault, fails }) => {
  test.each(fails)('fails %s', async (name) => {
    await caseOf(INTACT, name).run();
    const reason: unknown = await caseOf(fault, name)
      .run()
      .catch((error: unknown) => error);
    // no TypeError and the like, which would be a fault of the case or of the broken store itself
    expect(reason).toMatchObject({ name: expect.stringMatching(/^(Session)?Error$/) as string });
  });
});

test('every case is failed by a broken store', () => {
  const failed = new Set(Object.values(brokenStores).flatMap(({ fails }) => fails));
  expect(all.filter((name) => !failed.has(name))).toEqual(ABOUT_CORE_ALONE);
});

describe('the expiry that broken stores are made of is intact by itself', () => {
  test.each(all.filter((name) => name.startsWith('expiry: ')))('%s', async (name) => {
    await caseOf(expiring({}), name).run();
  });
});
