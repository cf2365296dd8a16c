import { MemoryStore, SessionIndex, StoredSession } from '../src';
import { message } from './support';

test('sessions are listed newest first, by pages, with their titles', async () => {
  const store = new MemoryStore();
  for (let n = 1; n <= 25; n++) {
    const session = new StoredSession(store, { sessionId: `s${n}`, index: { owner: 'ada' } });
    await session.addItems([message('a')]);
    await session.setDetails({ title: `t${n}` });
  }
  const index = new SessionIndex(store, { owner: 'ada' });
  const first = await index.list({ limit: 10 });
  const second = await index.list({ limit: 10, cursor: first.cursor });
  const third = await index.list({ limit: 10, cursor: second.cursor });
  const all = [...first.sessions, ...second.sessions, ...third.sessions];
  expect(all.map(({ sessionId, title }) => [sessionId, title])).toEqual(
    Array.from({ length: 25 }, (_, n) => [`s${25 - n}`, `t${25 - n}`]),
  );
  expect(third.cursor).toBeUndefined();
  expect(await index.erase()).toEqual({ sessions: 25 });
  expect(await index.list()).toEqual({ sessions: [] });
});
