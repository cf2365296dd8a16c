import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import { checkEqual, checkRecords, checkThrows, commit } from '../check';
import type { Cases } from '../harness';

const message = (content: string): AgentInputItem => ({ role: 'user', content });

export const session: Cases = {
  'items come back in order, in another session object too': async ({ store, openStore, newId }) => {
    const sessionId = newId();
    const items = [message('a'), message('b'), message('c')];
    const first = new StoredSession(store, { sessionId });
    await first.addItems(items.slice(0, 2));
    await first.addItems(items.slice(2));
    const second = new StoredSession(await openStore(), { sessionId });
    checkEqual(await first.getItems(), items, 'what the writer reads');
    checkEqual(await second.getItems(), items, 'what another reads');
  },

  'a limit gives the newest items, 0 and less none': async ({ store, newId }) => {
    const each = new StoredSession(store, { sessionId: newId() });
    const items = ['a', 'b', 'c', 'd'].map(message);
    await each.addItems(items);
    for (const limit of [1, 3, 4, 5, 1_000]) {
      checkEqual(await each.getItems(limit), items.slice(-limit), `getItems(${limit})`);
    }
    for (const limit of [0, -0, -1, -1_000]) checkEqual(await each.getItems(limit), [], `getItems(${limit})`);
    for (const limit of [0.5, -0.5, NaN, Infinity, '1', null]) {
      await checkThrows(
        'INVALID_ARGUMENT',
        () => each.getItems(limit as number),
        `getItems(${String(limit)})`,
      );
    }
  },

  'popItem takes the newest item': async ({ store, newId }) => {
    const each = new StoredSession(store, { sessionId: newId() });
    checkEqual(await each.popItem(), undefined, 'popItem of nothing');
    await each.addItems([message('a'), message('b')]);
    checkEqual(await each.popItem(), message('b'), 'the first popItem');
    await each.addItems([message('c')]);
    checkEqual(await each.popItem(), message('c'), 'the second popItem');
    checkEqual(await each.popItem(), message('a'), 'the third popItem');
    checkEqual(await each.popItem(), undefined, 'popItem of what was emptied');
    checkEqual(await each.getItems(), [], 'what is left');
  },

  'clearSession empties and keeps the id': async ({ store, newId }) => {
    const sessionId = newId();
    const each = new StoredSession(store, { sessionId });
    await each.addItems([message('a')]);
    await each.clearSession();
    checkEqual(await each.getItems(), [], 'after the clear');
    checkEqual(await each.getSessionId(), sessionId, 'the id');
    await each.addItems([message('b')]);
    checkEqual(await each.getItems(), [message('b')], 'after the next write');
  },

  'what cannot be stored is refused whole': async ({ store, newId }) => {
    const sessionId = newId();
    const each = new StoredSession(store, { sessionId });
    await each.addItems([message('a')]);
    const bad = { ...message('c'), providerData: { at: new Date(0) } };
    const error = await checkThrows(
      'UNSERIALIZABLE_ITEM',
      () => each.addItems([message('b'), bad]),
      'addItems with a Date',
    );
    checkEqual(error.message.includes('items[1].providerData.at'), true, 'the path in the message');
    checkEqual(await each.getItems(), [message('a')], 'what is stored');
  },

  'a corrupt record is an error that changes nothing, or skipped on request': async ({ store, newId }) => {
    const sessionId = newId();
    const records = ['{"role":"user","content":"a"}', 'not JSON', '{"role":"user","content":"b"}', '[]'];
    await commit(store, sessionId, { append: records });
    const strict = new StoredSession(store, { sessionId });
    for (const [what, action] of Object.entries({
      getItems: () => strict.getItems(),
      'getItems(1)': () => strict.getItems(1),
      popItem: () => strict.popItem(),
    })) {
      const error = await checkThrows('CORRUPT_RECORD', action, what);
      checkEqual(
        /record [13] from the end/.test(error.message),
        true,
        `${what}: the position in the message`,
      );
    }
    await checkRecords(store, sessionId, records, 'after the errors');

    const lenient = new StoredSession(store, { sessionId, onCorruptRecord: 'skip' });
    checkEqual(await lenient.getItems(), [message('a'), message('b')], 'getItems with skip');
    checkEqual(await lenient.getItems(1), [message('b')], 'getItems(1) with skip');
    checkEqual(await lenient.getItems(2), [message('a'), message('b')], 'getItems(2) with skip');
    checkEqual(await lenient.popItem(), message('b'), 'popItem with skip');
    await checkRecords(store, sessionId, [records[0] ?? '', 'not JSON', '[]'], 'after popItem with skip');
  },

  'a record of an unknown format is an error of its own': async ({ store, newId }) => {
    const sessionId = newId();
    await commit(store, sessionId, { append: [Uint8Array.of(0x7f, 1, 2)] });
    for (const onCorruptRecord of ['error', 'skip'] as const) {
      const each = new StoredSession(store, { sessionId, onCorruptRecord });
      await checkThrows('UNSUPPORTED_FORMAT', () => each.getItems(), `getItems with ${onCorruptRecord}`);
    }
  },
};
