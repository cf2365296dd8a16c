import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../storedSession';
import { check, checkEqual, commit, texts } from '../check';
import type { Cases } from '../harness';

export const concurrency: Cases = {
  'of concurrent writers every record is there once, in order, each commit contiguous': async ({
    openStore,
    newId,
  }) => {
    const id = newId();
    const [writers, rounds, size] = [8, 12, 3];
    const stores = await Promise.all(Array.from({ length: writers }, () => openStore()));
    await Promise.all(
      stores.map(async (store, writer) => {
        for (let round = 0; round < rounds; round++) {
          await commit(store, id, { append: texts(`w${writer}r${round}-`, size) });
        }
      }),
    );
    const { records } = await (stores[0] as (typeof stores)[0]).read(id);
    const wanted = new Map<number, number>();
    for (let start = 0; start < records.length; start += size) {
      const [, writer = '', round = ''] = /w(\d+)r(\d+)-/.exec(String(records[start])) ?? [];
      checkEqual(records.slice(start, start + size), texts(`w${writer}r${round}-`, size), 'one commit');
      checkEqual(Number(round), wanted.get(Number(writer)) ?? 0, `the next commit of writer ${writer}`);
      wanted.set(Number(writer), Number(round) + 1);
    }
    checkEqual(records.length, writers * rounds * size, 'how many records there are');
  },

  'of concurrent poppers none gets what another got': async ({ store, openStore, newId }) => {
    const id = newId();
    const items: AgentInputItem[] = Array.from({ length: 24 }, (_, index) => ({
      role: 'user',
      content: `n${index}`,
    }));
    await new StoredSession(store, { sessionId: id }).addItems(items);
    const poppers = await Promise.all(
      Array.from({ length: 4 }, async () => new StoredSession(await openStore(), { sessionId: id })),
    );
    const popped = await Promise.all(
      poppers.map(async (popper) => {
        const own: AgentInputItem[] = [];
        // bounded, for a store that never runs dry
        while (own.length <= items.length) {
          const item = await popper.popItem();
          if (item === undefined) break;
          own.push(item);
        }
        return own;
      }),
    );
    const contents = popped.flat().map((item) => JSON.stringify(item));
    check(new Set(contents).size === contents.length, 'an item was popped twice');
    checkEqual(contents.length, items.length, 'how many items were popped');
  },
};
