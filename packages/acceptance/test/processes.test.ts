import { DURABLE, newPlace } from '../src/backends';
import { runScript } from './childProcess';
import { message, useBackend } from './support';

const PROCESSES = ['w0', 'w1', 'w2', 'w3'];

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  test('four processes append to one session at once: every item is there once, batches whole, in order', async () => {
    const session = backend().session();
    const sessionId = await session.getSessionId();
    const [batches, size] = [25, 4];
    await Promise.all(
      PROCESSES.map((writer) =>
        runScript('writer.ts', [name, place, sessionId, writer, `${batches}`, `${size}`]),
      ),
    );
    const contents = (await session.getItems()).map((item) =>
      'content' in item ? (item.content as string) : '',
    );
    const next = new Map(PROCESSES.map((writer) => [writer, 0]));
    for (let start = 0; start < contents.length; start += size) {
      const [writer = ''] = (contents[start] ?? '').split('/');
      const batch = next.get(writer) ?? -1;
      const expected = Array.from({ length: size }, (_, index) => `${writer}/${batch}/${index}`);
      expect(contents.slice(start, start + size)).toEqual(expected);
      next.set(writer, batch + 1);
    }
    expect(Object.fromEntries(next)).toEqual(
      Object.fromEntries(PROCESSES.map((writer) => [writer, batches])),
    );
  }, 120_000);

  test('four processes pop from one session at once: every item is returned once', async () => {
    const session = backend().session();
    const sessionId = await session.getSessionId();
    const items = Array.from({ length: 80 }, (_, index) => message(`n${index}`));
    await session.addItems(items);
    const popped = await Promise.all(
      PROCESSES.map(
        async () => JSON.parse(await runScript('popper.ts', [name, place, sessionId])) as unknown[],
      ),
    );
    const sorted = (all: unknown[]): string[] => all.map((item) => JSON.stringify(item)).sort();
    expect(sorted(popped.flat())).toEqual(sorted(items));
    expect(await session.getItems()).toEqual([]);
  }, 120_000);
});
