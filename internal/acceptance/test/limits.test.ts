import { ALL } from '../src/backends';
import { message, useBackend } from './support';

const KB = 1_024;

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  test('250 items go in with one call, in order', async () => {
    const session = backend().session();
    const items = Array.from({ length: 250 }, (_, index) => message(`n${index}`));
    await session.addItems(items);
    expect(await session.getItems()).toEqual(items);
    expect(await session.getItems(100)).toEqual(items.slice(-100));
  });

  test.each([399, 400, 401, 5_000])(
    'an item of %i KB comes back whole',
    async (size) => {
      const session = backend().session();
      const frame = JSON.stringify(message('')).length;
      const large = message('x'.repeat(size * KB - frame));
      await session.addItems([message('before'), large, message('after')]);
      expect(await session.getItems()).toEqual([message('before'), large, message('after')]);
      expect(await session.getItems(2)).toEqual([large, message('after')]);
      await session.popItem();
      expect(await session.popItem()).toEqual(large);
      expect(await session.getItems()).toEqual([message('before')]);
    },
    60_000,
  );

  test('a history of 12 MB is read whole and in part', async () => {
    const session = backend().session();
    const items = Array.from({ length: 240 }, (_, index) => message(`${index}:`.padEnd(50 * KB, 'ä')));
    for (let start = 0; start < items.length; start += 16)
      await session.addItems(items.slice(start, start + 16));
    expect(await session.getItems()).toEqual(items);
    expect(await session.getItems(3)).toEqual(items.slice(-3));
  });

  test.each([0, -0, -1, -1_000])('getItems(%i) is empty', async (limit) => {
    const session = backend().session();
    await session.addItems([message('a')]);
    expect(await session.getItems(limit)).toEqual([]);
  });

  test.each([0.5, NaN, Infinity, '1' as unknown as number])('getItems(%p) is an error', async (limit) => {
    await expect(backend().session().getItems(limit)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
