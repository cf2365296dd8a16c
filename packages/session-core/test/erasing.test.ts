import { SessionIndex } from '../src';
import { IndexWorld, inScope } from './indexWorld';
import { expectCode, message } from './support';

afterEach(() => jest.restoreAllMocks());

test('a list of pending runs that cannot be read keeps no session of a scope from being erased', async () => {
  const world = new IndexWorld();
  const run = inScope('acme');
  for (let n = 0; n < 20; n++) {
    const session = world.session(`s${n}`, { scope: () => 'acme', index: {} });
    await session.addItems([message('private')], run);
  }
  const place = '~acme/~runs';
  await world.store().commit(place, { idempotencyKey: 'k', append: ['nonsense'] });
  const index = new SessionIndex(world.store(), { scope: 'acme' });
  await expectCode('CORRUPT_RECORD', () => index.erase());
  expect(world.contains('private')).toBe(false);
  // It is told as often as it is called, until somebody has looked at the list.
  await expectCode('CORRUPT_RECORD', () => index.erase());
  await world.store().clear(place);
  expect(await index.erase()).toEqual({ sessions: 0 });
  expect(world.log().length).toBe(0);
});
