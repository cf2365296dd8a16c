import type { AgentInputItem } from '@openai/agents';
import { indexId, pendingRunsId } from '../../session/sessionId';
import { SessionIndex } from '../../session/sessionIndex';
import { StoredSession } from '../../session/storedSession';
import { isExpiring } from '../../store/expiringStore';
import type { SessionStore } from '../../store/sessionStore';
import { check, checkEqual } from '../check';
import type { Cases } from '../harness';

/** The index of an owner's sessions, which is a stored session of its own. */

const TTL_SECONDS = 1_000;
const TTL_MS = TTL_SECONDS * 1_000;

const message = (content: string): AgentInputItem => ({ role: 'user', content });

async function write(store: SessionStore, owner: string, sessionId: string): Promise<StoredSession> {
  const session = new StoredSession(store, { sessionId, index: { owner } });
  await session.addItems([message('conspicuous')]);
  return session;
}

async function checkListed(
  store: SessionStore,
  owner: string,
  expected: readonly string[],
  what: string,
): Promise<void> {
  const { sessions } = await new SessionIndex(store, { owner }).list({ limit: 100 });
  checkEqual(
    sessions.map(({ sessionId }) => sessionId),
    expected,
    what,
  );
}

export const listing: Cases = {
  'sessions are listed newest first, by pages, with their titles, in any store': async ({
    openStore,
    newId,
  }) => {
    const owner = newId('owner');
    const begun: (readonly [sessionId: string, title: string])[] = [];
    for (let n = 1; n <= 5; n++) {
      const sessionId = newId(`s${n}`);
      const session = await write(await openStore(), owner, sessionId);
      await session.setDetails({ title: `t${n}` });
      begun.unshift([sessionId, `t${n}`]);
    }
    await write(await openStore(), `${owner}-other`, newId());
    const index = new SessionIndex(await openStore(), { owner });
    const listed: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await index.list({ limit: 2, cursor });
      listed.push(...page.sessions.map(({ sessionId, title, items }) => [sessionId, title, items]));
      cursor = page.cursor;
    } while (cursor !== undefined);
    checkEqual(
      listed,
      begun.map((each) => [...each, 1]),
      'what is listed',
    );
  },

  'of sessions that begin at once in several stores, each is listed': async ({ openStore, newId }) => {
    const owner = newId('owner');
    const ids = Array.from({ length: 6 }, () => newId());
    await Promise.all(ids.map(async (id) => write(await openStore(), owner, id)));
    const { sessions } = await new SessionIndex(await openStore(), { owner }).list();
    checkEqual(sessions.map(({ sessionId }) => sessionId).sort(), [...ids].sort(), 'what is listed');
  },

  'a session that is cleared is not listed, and its title is gone from the database': async ({
    store,
    openStore,
    newId,
    contains,
  }) => {
    const owner = newId('owner');
    const [kept, cleared] = [newId(), newId()];
    await write(store, owner, kept);
    const session = await write(await openStore(), owner, cleared);
    await session.setDetails({ title: 'noticeable' });
    const place = indexId(owner);
    check(await contains(place, 'noticeable'), 'the harness does not find a title');
    await session.clearSession();
    await checkListed(store, owner, [kept], 'what is listed after a clear');
    await write(store, owner, newId());
    check(!(await contains(place, 'noticeable')), 'the database still holds the title of a cleared session');
    await session.addItems([message('anew')]);
    checkEqual(await session.getDetails(), undefined, 'the details of a session that began anew');
  },

  'erasing leaves nothing of what is listed in the database': async ({
    store,
    openStore,
    newId,
    contains,
  }) => {
    const owner = newId('owner');
    const ids = [newId(), newId(), newId()];
    for (const id of ids) {
      const session = await write(await openStore(), owner, id);
      await session.setDetails({ title: 'conspicuous' });
      await session.savePendingRun(STATE);
    }
    const other = newId('other');
    await write(store, `${owner}-other`, other);
    const places = [indexId(owner), ...ids, ...ids.flatMap((id) => pendingRunsId(id) ?? [])];
    for (const place of places) {
      check(await contains(place, 'conspicuous'), 'the harness does not find what is stored');
    }
    const report = await new SessionIndex(store, { owner }).erase();
    checkEqual(report, { sessions: 3 }, 'the report');
    for (const place of places) {
      check(!(await contains(place, 'conspicuous')), 'the database still holds what was erased');
    }
    await checkListed(store, owner, [], 'what is listed after that');
    await checkListed(store, `${owner}-other`, [other], 'the sessions of another owner');
  },
};

/** The text of a run's state, as far as a session looks at it. */
const STATE = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: {
    data: { interruptions: [{ rawItem: { type: 'function_call', callId: 'c1', name: 'conspicuous' } }] },
  },
});

/** For stores that expire. */
export const listingExpiry: Cases = {
  'a session is listed as long as it lives, though its entry is older': async ({
    openStore,
    elapse,
    newId,
  }) => {
    const owner = newId('owner');
    const sessionId = newId();
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const session = await write(store, owner, sessionId);
    if (isExpiring(store)) {
      for (let round = 1; round <= 3; round++) {
        await elapse(indexId(owner), TTL_MS * 0.9);
        await checkListed(store, owner, [sessionId], `what is listed before its time is up, round ${round}`);
        // Within a minute by the clock of the process, so that nothing is registered anew.
        await session.addItems([message('b')]);
      }
    }
    await elapse(sessionId, TTL_MS * 1.1);
    await checkListed(store, owner, [], 'what is listed when its time is up');
  },
};
