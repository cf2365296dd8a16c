import { rmSync } from 'node:fs';
import { conformanceCases, type ConformanceCase } from '../src/testing';
import { brokenStores } from './brokenStores';
import { harnessOf, INTACT } from './brokenStores/brokenStore';
import { FILES } from './brokenStores/fileProcesses';
import { expiring } from './brokenStores/forgetting';

/** Cases about what `StoredSession` refuses before a store hears of it. */
const ABOUT_CORE_ALONE = [
  'session: what cannot be stored is refused whole',
  'transactions: what is invalid is refused before anything changes',
  'rewriting: invalid mutations are refused before anything changes',
];

const intact = { fault: INTACT };
const all = conformanceCases(harnessOf(intact)).map(({ name }) => name);

/** One case, over a database of its own. */
function caseOf(broken: Parameters<typeof harnessOf>[0], name: string): ConformanceCase {
  const found = conformanceCases(harnessOf(broken)).find((each) => each.name === name);
  if (!found) throw new Error(`the kit has no case '${name}'`);
  return found;
}

const passed = new Map<string, Promise<void>>();

/** Runs a case on an intact store, once however many broken stores fail it. */
function passesWhenIntact(name: string): Promise<void> {
  const run = passed.get(name) ?? caseOf(intact, name).run();
  passed.set(name, run);
  return run;
}

afterAll(() => rmSync(FILES, { recursive: true }));

describe.each(Object.entries(brokenStores))('a store that %s', (_name, { fails, ...broken }) => {
  test.each(fails)('fails %s', async (name) => {
    await passesWhenIntact(name);
    const reason: unknown = await caseOf(broken, name)
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
    await caseOf({ fault: expiring({}) }, name).run();
  });
});
