import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import type { RestoredRunState } from '../../session/pendingRun';
import type { SessionStore } from '../../store/sessionStore';
import { check, checkEqual, checkThrows } from '../check';
import type { CaseContext, Cases } from '../harness';
import { newRun } from '../newRun';

/** Runs that wait for approval, kept beside their history in a stored session of their own. */

const message = (content: string): AgentInputItem => ({ role: 'user', content });

/** The text of a run's state, as far as a session looks at it. */
const STATE = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: {
    type: 'next_step_interruption',
    data: { interruptions: [{ rawItem: { type: 'function_call', callId: 'c1', name: 'conspicuous' } }] },
  },
});

const options = {
  restore: (text: string): RestoredRunState & { readonly text: string } => ({
    text,
    getInterruptions: () => [],
    approve: () => undefined,
    reject: () => undefined,
  }),
};

const open = (store: SessionStore, sessionId: string): StoredSession =>
  new StoredSession(store, { sessionId });

/** A run up to where it waits. */
async function wait(store: SessionStore, sessionId: string): Promise<string> {
  const session = open(store, sessionId);
  const run = newRun();
  await session.getItems(undefined, run);
  await session.addItems([message('question')], run);
  return session.savePendingRun(STATE, run);
}

async function checkListed(
  { openStore }: CaseContext,
  sessionId: string,
  expected: readonly (readonly [id: string, status: string])[],
): Promise<void> {
  const listed = await open(await openStore(), sessionId).pendingRuns();
  checkEqual(
    listed.map(({ id, status }) => [id, status]),
    expected,
    'the pending runs',
  );
}

export const pendingRuns: Cases = {
  'a saved run is listed and taken by others, as it was': async (context) => {
    const { store, openStore, newId } = context;
    const sessionId = newId();
    const ids = [await wait(store, sessionId), await wait(store, sessionId)];
    const [first = '', second = ''] = ids;
    await checkListed(context, sessionId, [
      [first, 'outdated'],
      [second, 'waiting'],
    ]);
    const taken = await open(await openStore(), sessionId).takePendingRun(second, options);
    checkEqual(taken?.state.text, STATE, 'the text of the state');
    await checkListed(context, sessionId, [
      [first, 'outdated'],
      [second, 'taken'],
    ]);
    await taken?.release();
    await open(store, sessionId).deletePendingRun(first);
    await checkListed(context, sessionId, [[second, 'waiting']]);
  },

  'of many who take a run at once, one gets it': async (context) => {
    const { store, openStore, newId } = context;
    const sessionId = newId();
    const id = await wait(store, sessionId);
    const stores = await Promise.all(Array.from({ length: 5 }, async () => openStore()));
    const takers = await Promise.all(
      stores.map(async (each) => open(each, sessionId).takePendingRun(id, options)),
    );
    const [taken, ...others] = takers.filter((taker) => taker !== undefined);
    check(taken !== undefined, 'nobody got the run');
    checkEqual(others.length, 0, 'how many others got it');
    await taken.session.addItems([message('result')], newRun());
    await taken.finish();
    await checkListed(context, sessionId, []);
  },

  'runs that are saved at once are all kept': async (context) => {
    const { openStore, newId, store } = context;
    const sessionId = newId();
    const first = await wait(store, sessionId);
    const sessions = await Promise.all(
      Array.from({ length: 5 }, async () => open(await openStore(), sessionId)),
    );
    const ids = await Promise.all(
      sessions.map(async (session, index) => {
        await session.getItems();
        return session.savePendingRun(STATE.replace('c1', `more${index}`));
      }),
    );
    const listed = await open(store, sessionId).pendingRuns();
    checkEqual(listed.map(({ id }) => id).sort(), [first, ...ids].sort(), 'the pending runs');
  },

  'a taken run writes to the history that it saw, and to no other': async (context) => {
    const { store, openStore, newId } = context;
    const sessionId = newId();
    const id = await wait(store, sessionId);
    const slow = await open(await openStore(), sessionId).takePendingRun(id, options);
    await slow?.release();
    const fast = await open(await openStore(), sessionId).takePendingRun(id, options);
    check(slow !== undefined && fast !== undefined, 'the run was not given back');
    const [slowRun, fastRun] = [newRun(), newRun()];
    await fast.session.addItems([message('result')], fastRun);
    await slow.session.getItems(undefined, slowRun);
    await checkThrows(
      'CONFLICT',
      () => slow.session.addItems([message('result')], slowRun),
      'the slower taker',
    );
    await fast.session.addItems([message('answer')], fastRun);
    await fast.release();
    const stored = ['question', 'result', 'answer'].map(message);
    checkEqual(await open(store, sessionId).getItems(), stored, 'what is stored');
    await checkThrows(
      'CONFLICT',
      () => open(store, sessionId).takePendingRun(id, options),
      'a history that went on',
    );
  },

  'a state that is deleted is gone from the database': async ({ store, newId, contains }) => {
    const sessionId = newId();
    const [first, second] = [await wait(store, sessionId), await wait(store, sessionId)];
    const place = `~/runs/${sessionId}`;
    check(await contains(place, 'conspicuous'), 'the harness does not find what is stored');
    await open(store, sessionId).deletePendingRun(first);
    await open(store, sessionId).deletePendingRun(second);
    await open(store, sessionId).deletePendingRun(await wait(store, sessionId));
    check(!(await contains(place, 'conspicuous')), 'the database still holds a deleted state');
    await wait(store, sessionId);
    await open(store, sessionId).clearSession();
    check(!(await contains(place, 'conspicuous')), 'the database still holds a cleared state');
  },
};

export const pendingRunsAfterExpiry: Cases = {
  'a run whose session has expired is gone': async ({ openStore, newId, elapse }) => {
    const sessionId = newId();
    const store = await openStore({ ttlSeconds: 60 });
    const id = await wait(store, sessionId);
    await elapse(sessionId, 61_000);
    checkEqual(await open(store, sessionId).pendingRuns(), [], 'the pending runs');
    checkEqual(await open(store, sessionId).takePendingRun(id, options), undefined, 'what is taken');
  },
};
