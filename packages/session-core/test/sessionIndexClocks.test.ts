import type { SessionStore } from '../src/store';
import { IndexWorld } from './indexWorld';
import { message, recording } from './support';

/* Writers whose clocks are apart, and whose sessions live for different times. */

const MINUTE = 60_000;
const DAY = 86_400_000;

afterEach(() => jest.restoreAllMocks());

test('processes whose clocks are 7 minutes apart register a session once a minute each, at the most', async () => {
  const world = new IndexWorld();
  await world.write('other');
  const { store, requests } = recording(world.store());
  const write = (): Promise<void> => world.session('chat', {}, store).addItems([message('a')]);
  for (let second = 0; second < 300; second += 10) {
    world.now += 10_000;
    await write();
    world.now += 7 * MINUTE;
    await write();
    world.now -= 7 * MINUTE;
  }
  const isRegistering = ({ method, sessionId }: { method: string; sessionId: string }): boolean =>
    method === 'commit' && sessionId === '~/index/ada';
  expect(requests.filter(isRegistering).length).toBeLessThanOrEqual(2 * 6);
  expect(await world.ids()).toEqual(['chat', 'other']);
});

describe.each([undefined, 30 * 86_400])('a session that a process with ttlSeconds %s', (longer) => {
  const ofLonger = (world: IndexWorld): SessionStore => world.store().withExpiry({ ttlSeconds: longer });

  /** Long after the shorter time, with so many entries that the index was rewritten, and was never without one for long. */
  async function later(world: IndexWorld): Promise<void> {
    for (let n = 0; n < 80; n++) {
      if (n === 20) world.now += 2 * DAY;
      await world.session(`s${n}`, {}, ofLonger(world)).addItems([message('b')]);
    }
  }

  test('writes to within a minute after one with a shorter time is listed as long as it lives', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    await world.write('chat');
    await world.session('chat', {}, ofLonger(world)).addItems([message('b')]);
    await later(world);
    expect(await world.ids()).toContain('chat');
  });

  test('began, and of which one with a shorter time sets the title, is listed as long as it lives', async () => {
    const world = new IndexWorld({ ttlSeconds: 1_000 });
    await world.session('chat', {}, ofLonger(world)).addItems([message('b')]);
    await world.session('chat').setDetails({ title: 't' });
    await later(world);
    expect(await world.ids()).toContain('chat');
  });
});
