import type { AgentInputItem } from '@openai/agents';
import type { SessionStore } from '../../store/sessionStore';
import { StoredSession } from '../../session/storedSession';
import { check, checkEqual, commit, texts } from '../check';
import type { Cases } from '../harness';

export const concurrency: Cases = {
  'of concurrent writers every record is there once, in order, each commit contiguous': async ({
    openStore,
    newId,
  }) => {
    await checkWriters(await Promise.all(Array.from({ length: 8 }, () => openStore())), newId());
  },

  'of concurrent poppers none gets what another got': async ({ openStore, newId }) => {
    await checkPoppers(await Promise.all(Array.from({ length: 4 }, () => openStore())), newId());
  },
};

/** Lets all of them append to one session at once. */
export async function checkWriters(stores: readonly SessionStore[], id: string): Promise<void> {
  const [rounds, size] = [12, 3];
  await Promise.all(
    stores.map(async (store, writer) => {
      for (let round = 0; round < rounds; round++) {
        await commit(store, id, { append: texts(`w${writer}r${round}-`, size) });
      }
    }),
  );
  const { records } = await (stores[0] as SessionStore).read(id);
  const wanted = new Map<number, number>();
  for (let start = 0; start < records.length; start += size) {
    const [, writer = '', round = ''] = /w(\d+)r(\d+)-/.exec(String(records[start])) ?? [];
    checkEqual(records.slice(start, start + size), texts(`w${writer}r${round}-`, size), 'one commit');
    checkEqual(Number(round), wanted.get(Number(writer)) ?? 0, `the next commit of writer ${writer}`);
    wanted.set(Number(writer), Number(round) + 1);
  }
  checkEqual(records.length, stores.length * rounds * size, 'how many records there are');
}

/** Lets all of them pop from one session at once. */
export async function checkPoppers(stores: readonly SessionStore[], sessionId: string): Promise<void> {
  const items: AgentInputItem[] = Array.from({ length: 24 }, (_, index) => ({
    role: 'user',
    content: `n${index}`,
  }));
  const poppers = stores.map((store) => new StoredSession(store, { sessionId }));
  await poppers[0]?.addItems(items);
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
}
