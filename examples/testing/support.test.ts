import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, SessionError, StoredSession } from '@agent-sessions/session-redis';
import { setTracingDisabled } from '@openai/agents';
import { assistantMessage, functionCall, modelError, ScriptedModel } from '@openai/agents/testing';
import { answer, type Support } from './support';

setTracingDisabled(true);

/** The application on a database of its own, which several servers would share. */
function newSupport(model: ScriptedModel, store = new MemoryStore({ ttlSeconds: 3_600 })) {
  const refunds: string[] = [];
  const support: Support = {
    openSession: (sessionId) => new StoredSession(store, { sessionId }),
    model,
    refund: (order) => Promise.resolve(void refunds.push(order)),
  };
  return { support, refunds };
}

void test('remembers what a customer said, and nothing of another', async () => {
  const model = new ScriptedModel([
    [assistantMessage('Hello Ada.')],
    [assistantMessage('You are Ada.')],
    [assistantMessage('I do not know.')],
  ]);
  const { support } = newSupport(model);
  await answer(support, 'ada', 'My name is Ada.');
  assert.equal(await answer(support, 'ada', 'What is my name?'), 'You are Ada.');
  await answer(support, 'grace', 'What is her name?');
  // What the model was shown, call by call.
  assert.deepEqual(
    model.calls.map(({ request }) => request.input.length),
    [1, 3, 1],
  );
});

void test('refunds nothing before somebody has approved', async () => {
  const call = functionCall('refund', { order: '17' }, { callId: 'call_1' });
  const { support, refunds } = newSupport(new ScriptedModel([[call]]));
  assert.equal(await answer(support, 'ada', 'Refund order 17.'), 'A colleague will look at this.');
  const [pending] = await support.openSession('ada').pendingRuns();
  assert.deepEqual(
    pending?.approvals.map(({ callId }) => callId),
    ['call_1'],
  );
  assert.deepEqual(refunds, []);
});

void test('goes on after the model has failed', async () => {
  const model = new ScriptedModel([modelError(new Error('overloaded')), [assistantMessage('Here I am.')]]);
  const { support } = newSupport(model);
  await assert.rejects(answer(support, 'ada', 'Hello?'), /overloaded/);
  assert.equal(await answer(support, 'ada', 'Hello?'), 'Here I am.');
});

void test('says so when the database is down', async () => {
  class DownStore extends MemoryStore {
    override read(): Promise<never> {
      return Promise.reject(new SessionError('STORE_UNAVAILABLE', 'The server cannot be reached.'));
    }
  }
  const { support } = newSupport(new ScriptedModel(), new DownStore());
  await assert.rejects(answer(support, 'ada', 'Hello?'), { code: 'STORE_UNAVAILABLE' });
});
