import { SessionIndex, StoredSession } from '../src';
import { IndexWorld } from './indexWorld';
import { expectCode, message } from './support';

afterEach(() => jest.restoreAllMocks());

test('a fork to an id that somebody else has lists, and erases, nothing of theirs', async () => {
  const world = new IndexWorld();
  const bobs = world.session('of bob', { index: { owner: 'bob' } });
  await bobs.addItems([message('private')]);
  const source = await world.write('of ada');
  await expectCode('CONFLICT', () => source.fork({ sessionId: 'of bob' }));
  expect(await world.ids()).toEqual(['of ada']);
  expect(await world.index().erase()).toEqual({ sessions: 1 });
  expect(await bobs.getItems()).toEqual([message('private')]);
  expect((await new SessionIndex(world.store(), { owner: 'bob' }).list()).sessions).toHaveLength(1);
});

test('what begins between a first look and the write is registered by the write that succeeds', async () => {
  const world = new IndexWorld();
  const session = world.session('chat');
  const others = new StoredSession(world.store(), { sessionId: 'chat' });
  const { status } = await session.rewriteHistory(async (items) => {
    await others.addItems([message('b')]);
    return [...items, message('a')];
  });
  expect(status).toBe('rewritten');
  expect(await world.ids()).toEqual(['chat']);
});
