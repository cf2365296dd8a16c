import { SessionIndex } from '../src';
import { IndexWorld, pagesOf } from './indexWorld';
import { expectCode, message } from './support';

const MINUTE = 60_000;
const PLACE = '~/index/ada';

afterEach(() => jest.restoreAllMocks());

/** Something else writes to the index. */
async function put(world: IndexWorld, records: readonly string[]): Promise<void> {
  await world.store().commit(PLACE, { idempotencyKey: `k${world.log().length}`, append: records });
}

function entry(fields: Record<string, unknown>): string {
  const now = Date.now();
  return JSON.stringify({ format: 1, sessionId: 's', at: now, records: 1, kept: 0, sessions: 1, ...fields });
}

const skipping = (world: IndexWorld): SessionIndex =>
  new SessionIndex(world.store(), { owner: 'ada', onCorruptRecord: 'skip' });

test('more corrupt entries than are read at first hide no session, before and after the next one begins', async () => {
  const world = new IndexWorld();
  for (let n = 0; n < 5; n++) await world.write(`s${n}`);
  await put(
    world,
    Array.from({ length: 60 }, () => 'nonsense'),
  );
  const listed = async (): Promise<string[]> =>
    (await pagesOf(skipping(world), 2)).map(({ sessionId }) => sessionId);
  expect(await listed()).toEqual(['s4', 's3', 's2', 's1', 's0']);
  await world.session('new', { onCorruptRecord: 'skip' }).addItems([message('a')]);
  expect(await listed()).toEqual(['new', 's4', 's3', 's2', 's1', 's0']);
});

test('an entry that tells of fewer sessions than there are hides none', async () => {
  const world = new IndexWorld();
  for (let n = 0; n < 20; n++) await world.write(`s${n}`);
  await put(world, [entry({ sessionId: 's19', records: 21, sessions: 1, at: world.now + 1_000 })]);
  expect(await pagesOf(world.index(), 3)).toHaveLength(20);
});

describe('a number in an entry', () => {
  test.each([
    { at: Number.MAX_SAFE_INTEGER },
    { at: 8_640_000_000_000_001 },
    { records: Number.MAX_SAFE_INTEGER },
    { kept: Number.MAX_SAFE_INTEGER },
    { sessions: Number.MAX_SAFE_INTEGER },
    { until: Number.MAX_VALUE },
    { sessionId: 'x'.repeat(2_049) },
    { sessionId: '\ud800' },
  ])('or an id that cannot be is a corrupt entry: %j', async (fields) => {
    const world = new IndexWorld();
    await world.write('before');
    await put(world, [entry(fields)]);
    await expectCode('CORRUPT_RECORD', () => world.index().list());
    await world.session('after', { onCorruptRecord: 'skip' }).addItems([message('a')]);
    const { sessions } = await skipping(world).list();
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['after', 'before']);
  });

  test.each([{ at: 8_640_000_000_000_000 }, { records: 4_294_967_295 }, { sessions: 4_294_967_295 }])(
    'that just can be never makes one of ours that cannot: %j',
    async (fields) => {
      const world = new IndexWorld();
      await world.write('s');
      await put(world, [entry(fields)]);
      for (let n = 0; n < 3; n++) {
        world.now += MINUTE;
        const writing = world.write('s');
        if (fields.at === undefined) await writing;
        else await expectCode('CORRUPT_RECORD', () => writing);
        expect(await world.ids()).toEqual(['s']);
      }
      expect(await world.index().erase()).toEqual({ sessions: 1 });
    },
  );
});
