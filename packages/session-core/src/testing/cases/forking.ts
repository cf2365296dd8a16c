import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import { SessionError } from '../../store/errors';
import { NO_HISTORY } from '../../store/sessionStore';
import { check, checkEqual, checkThrows } from '../check';
import type { Cases } from '../harness';

const messages = (label: string, count: number): AgentInputItem[] =>
  Array.from({ length: count }, (_, index) => ({ role: 'user', content: `${label}${index + 1}` }));

/** A store in memory would answer for ever before anything else is done. */
const othersGoOn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

export const forking: Cases = {
  'a fork holds the first items as they are stored, and the two go on apart': async ({ store, newId }) => {
    const [sourceId, all] = [newId('source'), newId('all')];
    const source = new StoredSession(store, { sessionId: sourceId });
    const bytes: AgentInputItem = {
      role: 'user',
      content: 'ä💥',
      providerData: { value: new Uint8Array([0]) },
    };
    for (const items of [messages('a', 2), [bytes], messages('b', 2)]) await source.addItems(items);
    const items = await source.getItems();
    const { records } = await store.read(sourceId);
    for (let upTo = 0; upTo <= items.length; upTo++) {
      const sessionId = newId(`fork-${upTo}`);
      const fork = await source.fork({ sessionId, upTo });
      checkEqual(await fork.getSessionId(), sessionId, 'the id of a fork');
      checkEqual((await store.read(sessionId)).records, records.slice(0, upTo), `a fork up to ${upTo}`);
      await fork.addItems(messages('edited', 2));
      const expected = [...items.slice(0, upTo), ...messages('edited', 2)];
      checkEqual(await fork.getItems(), expected, `a fork up to ${upTo} that went on`);
      checkEqual(await source.getItems(), items, `the source of a fork up to ${upTo} that went on`);
    }
    const fork = await source.fork({ sessionId: all });
    await source.addItems(messages('c', 1));
    checkEqual(await fork.getItems(), items, 'a fork of all, when its source went on');
    await source.clearSession();
    checkEqual(await fork.getItems(), items, 'a fork of all, when its source was cleared');
  },

  'while the source grows, every reader sees a fork whole or not at all': async ({
    store,
    openStore,
    newId,
  }) => {
    const source = new StoredSession(store, { sessionId: newId('source') });
    const writer = new StoredSession(await openStore(), { sessionId: await source.getSessionId() });
    const reader = await openStore();
    await source.addItems(messages('a', 8));
    const ids = Array.from({ length: 9 }, (_, upTo) => newId(`fork-${upTo}`));
    let isDone = false;
    const append = async (): Promise<void> => {
      for (let round = 1; !isDone; round++) {
        await writer.addItems(messages(`r${round}-`, 2));
        await othersGoOn();
      }
    };
    const look = async (): Promise<void> => {
      for (let looks = 0; !isDone; looks++) {
        const upTo = looks % ids.length;
        const { records, revision } = await reader.read(ids[upTo] ?? '');
        const expected = revision === NO_HISTORY ? 0 : upTo;
        checkEqual(records.length, expected, `how many records a reader sees of a fork up to ${upTo}`);
        if (upTo === 0) await othersGoOn();
      }
    };
    const fork = async (): Promise<void> => {
      for (const [upTo, sessionId] of ids.entries()) await source.fork({ sessionId, upTo });
    };
    await Promise.all([fork().finally(() => (isDone = true)), append(), look()]);
    const items = await source.getItems();
    for (const [upTo, sessionId] of ids.entries()) {
      const forked = await new StoredSession(store, { sessionId }).getItems();
      checkEqual(forked, items.slice(0, upTo), `a fork up to ${upTo} of a source that grew`);
    }
  },

  'an id that is in use is an error, and is left as it is': async ({ store, newId }) => {
    const [sourceId, takenId] = [newId('source'), newId('taken')];
    const source = new StoredSession(store, { sessionId: sourceId });
    const taken = new StoredSession(store, { sessionId: takenId });
    await source.addItems(messages('a', 3));
    await taken.addItems(messages('b', 1));
    const toTaken = (): Promise<unknown> => source.fork({ sessionId: takenId, upTo: 2 });
    await checkThrows('CONFLICT', toTaken, 'a fork into a session with items');
    checkEqual(await taken.getItems(), messages('b', 1), 'the session with the id of the fork');
    await taken.popItem();
    const { revision } = await store.read(takenId);
    await checkThrows('CONFLICT', toTaken, 'a fork into a session that was emptied');
    checkEqual(await store.read(takenId), { records: [], revision }, 'the emptied session');
    await taken.clearSession();
    await toTaken();
    checkEqual(await taken.getItems(), messages('a', 2), 'a fork into a session that was cleared');
    for (const upTo of [1, 3]) {
      const other = (): Promise<unknown> => source.fork({ sessionId: takenId, upTo });
      await checkThrows('CONFLICT', other, `a fork up to ${upTo} into one up to 2`);
    }
    checkEqual(await taken.getItems(), messages('a', 2), 'the fork, after others into it');
    checkEqual(await source.getItems(), messages('a', 3), 'the source');
  },

  'a fork that is made again is made once, also when both have gone on': async ({
    store,
    openStore,
    newId,
  }) => {
    const [sourceId, sessionId] = [newId('source'), newId('fork')];
    const source = new StoredSession(store, { sessionId: sourceId });
    await source.addItems(messages('a', 4));
    const first = await source.fork({ sessionId, upTo: 3 });
    const { revision } = await store.read(sessionId);
    await source.fork({ sessionId, upTo: 3 });
    checkEqual((await store.read(sessionId)).revision, revision, 'the revision of a fork made again');
    await first.addItems(messages('b', 1));
    await source.addItems(messages('c', 2));
    const elsewhere = new StoredSession(await openStore(), { sessionId: sourceId });
    const again = await elsewhere.fork({ sessionId, upTo: 3 });
    const expected = [...messages('a', 3), ...messages('b', 1)];
    checkEqual(await again.getItems(), expected, 'a fork made again elsewhere');
    await again.clearSession();
    await elsewhere.fork({ sessionId, upTo: 3 });
    checkEqual(await again.getItems(), messages('a', 3), 'a fork that was cleared, made again');
  },

  'of several forks into one id at once, one goes in whole': async ({ openStore, newId }) => {
    for (let round = 1; round <= 3; round++) {
      const sessionId = newId('fork');
      const sources = await Promise.all(
        [2, 3, 4].map(async (count) => {
          const source = new StoredSession(await openStore(), { sessionId: newId('source') });
          await source.addItems(messages(`s${count}-`, count));
          return source;
        }),
      );
      const outcomes = await Promise.allSettled(sources.map((source) => source.fork({ sessionId })));
      const winners = sources.filter((_, index) => outcomes[index]?.status === 'fulfilled');
      checkEqual(winners.length, 1, 'how many forks into one id went in');
      const failures = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as unknown] : [],
      );
      const isTooLate = (reason: unknown): boolean => SessionError.is(reason, 'CONFLICT');
      check(failures.every(isTooLate), 'a fork that came too late: expected CONFLICT');
      const forked = await new StoredSession(await openStore(), { sessionId }).getItems();
      check(winners[0] !== undefined, 'no fork went in');
      checkEqual(forked, await winners[0].getItems(), 'what went in');
    }
  },
};
