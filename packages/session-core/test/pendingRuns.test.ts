import { randomBytes } from 'node:crypto';
import { Agent, RunContext, RunState, type RunToolApprovalItem, type Session } from '@openai/agents';
import fc from 'fast-check';
import {
  MemoryStore,
  SessionIndex,
  StoredSession,
  type MemorySessions,
  type RestoredRunState,
  type SessionOptions,
  type TakenRun,
} from '../src';
import { encryptWith } from '../src/encryption';
import { pendingRunsId } from '../src/session/sessionId';
import { NO_HISTORY, type SessionStore, type StoredRecord } from '../src/store';
import { expectCode, message, recording, textOf } from './support';

/** Runs that wait for approval, kept beside their history. */

// Back-off takes no time here.
jest.mock('../src/store/pause', () => ({ pause: () => new Promise((resolve) => setImmediate(resolve)) }));

const SECRET = 'conspicuous';

/** The text of a state, as far as a session looks at it. */
function stateText(callIds: readonly string[] = ['c1'], schemaVersion = '1.22'): string {
  return JSON.stringify({
    $schemaVersion: schemaVersion,
    originalInput: SECRET,
    currentStep: {
      type: 'next_step_interruption',
      data: {
        interruptions: callIds.map((callId) => ({
          type: 'tool_approval_item',
          rawItem: { type: 'function_call', callId, name: 'pay', arguments: SECRET },
        })),
      },
    },
  });
}

/** A state of this text, which tells the decisions on it. */
function restoreFake(text: string) {
  const { currentStep } = JSON.parse(text) as {
    currentStep: { data: { interruptions: RunToolApprovalItem[] } };
  };
  const decisions: string[] = [];
  const callOf = ({ rawItem }: RunToolApprovalItem): string => ('callId' in rawItem ? rawItem.callId : '');
  return {
    text,
    decisions,
    getInterruptions: () => currentStep.data.interruptions,
    approve: (item: RunToolApprovalItem) => {
      decisions.push(`approve ${callOf(item)}`);
    },
    reject: (item: RunToolApprovalItem, { message: text = '-' }: { message?: string } = {}) => {
      decisions.push(`reject ${callOf(item)} ${text}`);
    },
  };
}

const options = { restore: restoreFake };

function conversation(sessionOptions: SessionOptions = {}, store: SessionStore = new MemoryStore()) {
  const open = (more: SessionOptions = {}): StoredSession =>
    new StoredSession(store, { sessionId: 'chat', ...sessionOptions, ...more });
  /** A run up to where it waits. */
  const wait = async (session = open(), text = stateText(), run = new RunContext()): Promise<string> => {
    await session.getItems(undefined, run);
    await session.addItems([message('question')], run);
    return session.savePendingRun(text, run);
  };
  return { open, store, wait };
}

/** Time stands still until it is moved. */
let now = 1_800_000_000_000;
beforeEach(() => {
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

describe('a pending run', () => {
  test('goes on in the index of whoever saved it, and not of whoever takes it', async () => {
    const tenant = new RunContext({ tenant: 'acme' });
    const { open, store } = conversation({ scope: () => 'acme' });
    const listed = async (owner: string): Promise<string[]> => {
      const { sessions } = await new SessionIndex(store, { scope: 'acme', owner }).list();
      return sessions.map(({ sessionId }) => sessionId);
    };
    const ask = async (sessionId: string, index: SessionOptions['index']): Promise<void> => {
      const asked = open({ sessionId, index });
      await asked.addItems([message('question')], tenant);
      await asked.savePendingRun(stateText(), tenant);
    };
    await ask('listed', { owner: 'asker' });
    await ask('unlisted', undefined);

    const approver = open({ sessionId: 'approvals', index: { owner: 'approver' } });
    for (const { id } of await approver.pendingRuns(tenant)) {
      const taken = await approver.takePendingRun(id, options, tenant);
      await taken?.session.addItems([message('answer')], tenant);
    }
    expect(await listed('asker')).toEqual(['listed']);
    expect(await listed('approver')).toEqual([]);
    // Erasing the approver would delete what it is listed with.
    await new SessionIndex(store, { scope: 'acme', owner: 'approver' }).erase();
    expect(await open({ sessionId: 'listed' }).getItems(undefined, tenant)).toHaveLength(2);
  });

  test('is listed with what it waits for, and nothing of its content', async () => {
    const { open, wait } = conversation();
    const id = await wait(open(), stateText(['c1', 'c2']));
    expect(await open().pendingRuns()).toEqual([
      {
        id,
        sessionId: 'chat',
        savedAt: new Date(now),
        schemaVersion: '1.22',
        approvals: ['c1', 'c2'].map((callId) => ({ callId, toolName: 'pay', decision: undefined })),
        status: 'waiting',
      },
    ]);
  });

  test('is taken by one: the next gets nothing, until it is given back or the lease ends', async () => {
    const { open, wait } = conversation();
    const id = await wait();
    const first = await open().takePendingRun(id, options);
    expect(first?.state.text).toBe(stateText());
    expect(await open().takePendingRun(id, options)).toBeUndefined();
    expect((await open().pendingRuns())[0]?.status).toBe('taken');

    await first?.release();
    expect((await open().pendingRuns())[0]?.status).toBe('waiting');
    const second = await open().takePendingRun(id, { ...options, leaseSeconds: 60 });
    expect(second?.state.text).toBe(stateText());
    now += 59_999;
    expect(await open().takePendingRun(id, options)).toBeUndefined();
    now += 1;
    const third = await open().takePendingRun(id, options);
    expect(third?.state.text).toBe(stateText());
    // The second one is not dead after all: what is the third one's it cannot give back.
    await second?.release();
    expect(await open().takePendingRun(id, options)).toBeUndefined();
    await third?.finish();
    expect(await open().pendingRuns()).toEqual([]);
    expect(await open().takePendingRun(id, options)).toBeUndefined();
    expect(await open().deletePendingRun(id)).toBe(false);
  });

  test('is resumed by writes that no replay has made before', async () => {
    const { open, wait } = conversation({ replayId: 'step' });
    const id = await wait();
    const taken = await open().takePendingRun(id, options);
    await taken?.session.addItems([message('result')], new RunContext());
    expect(await open().getItems()).toEqual(['question', 'result'].map(message));
  });

  test.each(['append', 'reject'] as const)(
    'of two takers whose results meet, one is stored: concurrentWrites: %s',
    async (concurrentWrites) => {
      const { open, wait } = conversation({ concurrentWrites });
      const id = await wait();
      const slow = await open().takePendingRun(id, { ...options, leaseSeconds: 1 });
      now += 1_000;
      const fast = await open().takePendingRun(id, options);
      const [slowRun, fastRun] = [new RunContext(), new RunContext()];
      // The Runner reads right before it stores a result.
      await fast?.session.getItems(undefined, fastRun);
      await fast?.session.addItems([message('result')], fastRun);
      await slow?.session.getItems(undefined, slowRun);
      await expectCode('CONFLICT', () => slow?.session.addItems([message('result')], slowRun));
      await expectCode('CONFLICT', () => slow?.session.addItems([message('answer')], slowRun));
      await fast?.session.addItems([message('answer')], fastRun);
      expect(await open().getItems()).toEqual(['question', 'result', 'answer'].map(message));
    },
  );

  test('is not taken where the history has changed, and stays listed as outdated', async () => {
    const { open, wait } = conversation();
    const id = await wait();
    await open().addItems([message('by the way')]);
    await expectCode('CONFLICT', () => open().takePendingRun(id, options));
    await expectCode('CONFLICT', () => open().decidePendingRun(id, [{ callId: 'c1', approve: true }]));
    expect((await open().pendingRuns()).map(({ status }) => status)).toEqual(['outdated']);
    expect(await open().deletePendingRun(id)).toBe(true);
    expect(await open().pendingRuns()).toEqual([]);
  });

  test('is resumed on the history that it saw, also where that changes after it was taken', async () => {
    const { open, wait } = conversation();
    const taken = await open().takePendingRun(await wait(), options);
    await open().addItems([message('by the way')]);
    const run = new RunContext();
    await taken?.session.getItems(undefined, run);
    await expectCode('CONFLICT', () => taken?.session.addItems([message('result')], run));
    await expectCode('CONFLICT', () => taken?.session.addItems([message('result')]));
  });

  test('that waits once more takes the place of the one that was taken', async () => {
    const { open, wait } = conversation();
    await wait();
    const first = await wait();
    const taken = await open().takePendingRun(first, options);
    const run = new RunContext();
    await taken?.session.addItems([message('result')], run);
    const second = await taken?.session.savePendingRun(stateText(['c2']), run);
    expect(await open().takePendingRun(first, options)).toBeUndefined();
    const again = await open().takePendingRun(second ?? '', options);
    expect(again?.state.text).toBe(stateText(['c2']));
    expect((await open().pendingRuns()).map(({ id }) => id)).toEqual([expect.any(String), second]);
  });

  test('that is saved again, because the answer was lost for instance, is the same one', async () => {
    const { open } = conversation();
    const session = open();
    const run = new RunContext();
    await session.addItems([message('question')], run);
    const id = await session.savePendingRun(stateText(), run);
    expect(await session.savePendingRun(stateText(), run)).toBe(id);
    const other = await session.savePendingRun(stateText(['c2']), run);
    await session.addItems([message('more')], run);
    const later = await session.savePendingRun(stateText(), run);
    expect((await open().pendingRuns()).map((pending) => pending.id)).toEqual([id, other, later]);
    const taken = await open().takePendingRun(later, options);
    const again = await taken?.session.savePendingRun(stateText());
    expect(await taken?.session.savePendingRun(stateText())).toBe(again);
    expect(again).not.toBe(later);
    expect((await open().pendingRuns()).map((pending) => pending.id)).toEqual([id, other, again]);
  });

  test('carries decisions, all of a batch or none', async () => {
    const { open, wait } = conversation();
    const id = await wait(open(), stateText(['c1', 'c2', 'c3']));
    const decided = await open().decidePendingRun(id, [
      { callId: 'c1', approve: true },
      { callId: 'c2', approve: false, message: 'Not today.' },
    ]);
    expect(decided?.approvals.map(({ decision }) => decision)).toEqual(['approved', 'rejected', undefined]);
    expect(await open().pendingRuns()).toEqual([decided]);
    await expectCode('CONFLICT', () =>
      open().decidePendingRun(id, [
        { callId: 'c3', approve: true },
        { callId: 'c1', approve: false },
      ]),
    );
    await expectCode('INVALID_ARGUMENT', () =>
      open().decidePendingRun(id, [
        { callId: 'c3', approve: true },
        { callId: 'c4', approve: true },
      ]),
    );
    await open().decidePendingRun(id, [{ callId: 'c1', approve: true }]);
    expect(await open().pendingRuns()).toEqual([decided]);

    const taken = await open().takePendingRun(id, options);
    expect(taken?.state.decisions).toEqual(['approve c1', 'reject c2 Not today.']);
    await expectCode('CONFLICT', () => open().decidePendingRun(id, [{ callId: 'c3', approve: true }]));
    await taken?.release();
    await open().decidePendingRun(id, [{ callId: 'c3', approve: false }]);
    expect((await open().takePendingRun(id, options))?.state.decisions).toEqual([
      'approve c1',
      'reject c2 Not today.',
      'reject c3 -',
    ]);
    expect(await open().decidePendingRun('unknown', [])).toBeUndefined();
  });

  test('whose state cannot be restored is not taken', async () => {
    const { open, wait } = conversation();
    const id = await wait(open(), stateText(['c1'], '1.99'));
    const agent = new Agent({ name: 'Agent' });
    const error = await expectCode('UNSUPPORTED_FORMAT', () =>
      open().takePendingRun(id, { restore: (text) => RunState.fromString(agent, text) }),
    );
    expect(error.message).toContain('1.99');
    expect(textOf(error)).not.toContain(SECRET);
    const failure = new Error('no such agent');
    const restore = (): never => {
      throw failure;
    };
    await expect(open().takePendingRun(id, { restore })).rejects.toBe(failure);
    expect((await open().pendingRuns())[0]?.status).toBe('waiting');
  });

  test('is only saved as a run that waits, by who knows what it saw, without its content in an error', async () => {
    const { open, store, wait } = conversation();
    await wait();
    const session = open();
    await session.getItems();
    const invalid: unknown[] = [
      ...['', SECRET, `{"$schemaVersion":"${SECRET}`, 'null', '[]', JSON.stringify({ text: SECRET })],
      JSON.stringify({ $schemaVersion: '1.22', currentStep: { data: { interruptions: [] } } }),
      JSON.stringify({ $schemaVersion: SECRET, currentStep: { data: { interruptions: [{}] } } }),
      stateText([5 as never]),
      undefined,
      null,
      {
        toString: () => {
          throw new Error(SECRET);
        },
      },
    ];
    for (const state of invalid) {
      const error = await expectCode('INVALID_ARGUMENT', () => session.savePendingRun(state as never));
      expect(textOf(error)).not.toContain(SECRET);
    }
    await expectCode('INVALID_ARGUMENT', () => open().savePendingRun(stateText()));
    await session.clearSession();
    await expectCode('CONFLICT', () => session.savePendingRun(stateText()));
    expect((await store.read('~/runs/chat')).revision).toBe(NO_HISTORY);
  });

  test.each([
    ['options', () => [undefined]],
    ['restore', () => [{ restore: 'text' }]],
    ...[0, -1, 1.5, 86_401, '5', NaN, null].map(
      (leaseSeconds) => ['leaseSeconds', () => [{ ...options, leaseSeconds }]] as const,
    ),
  ] as const)('is not taken with wrong %s', async (_what, args) => {
    const { open, wait } = conversation();
    const id = await wait();
    const [given] = args();
    await expectCode('INVALID_ARGUMENT', () => open().takePendingRun(id, given as never));
    expect((await open().pendingRuns())[0]?.status).toBe('waiting');
  });

  test.each([
    [undefined],
    ['all'],
    [[undefined]],
    [[{ callId: 'c1' }]],
    [[{ callId: 1, approve: true }]],
    [[{ callId: 'c1', approve: 'yes' }]],
    [[{ callId: 'c1', approve: true, message: SECRET }]],
    [[{ callId: 'c1', approve: false, message: 5 }]],
    [
      [
        { callId: 'c1', approve: true },
        { callId: 'c1', approve: true },
      ],
    ],
  ])('is not decided by %j', async (decisions) => {
    const { open, wait } = conversation();
    const id = await wait();
    const error = await expectCode('INVALID_ARGUMENT', () => open().decidePendingRun(id, decisions as never));
    expect(textOf(error)).not.toContain(SECRET);
    expect((await open().pendingRuns())[0]?.approvals[0]?.decision).toBeUndefined();
  });
});

describe('what is kept', () => {
  test('a list, a decision, a take and a release move one small record; a state goes with its run', async () => {
    const { store, requests } = recording(new MemoryStore());
    const { open, wait } = conversation({}, store);
    const [first, second] = [await wait(open(), stateText(['c1'])), await wait(open(), stateText(['c2']))];
    requests.length = 0;
    await open().pendingRuns();
    expect(requests.map(({ method, sessionId, last }) => [method, sessionId, last])).toEqual([
      ['read', '~/runs/chat', 1],
      ['describe', 'chat', undefined],
    ]);
    requests.length = 0;
    await open().decidePendingRun(second, [{ callId: 'c2', approve: true }]);
    const taken = await open().takePendingRun(second, options);
    await taken?.release();
    const changes = requests.flatMap(({ change }) => change ?? []);
    expect(changes).toHaveLength(3);
    for (const { append, drop } of changes) {
      expect(drop).toBe(1);
      expect(append).toHaveLength(1);
      expect(JSON.stringify(append)).not.toContain(SECRET);
    }
    requests.length = 0;
    await open().deletePendingRun(first);
    expect(requests.flatMap(({ change }) => change?.drop ?? [])).toEqual(['all']);
    await open().deletePendingRun(second);
    expect((await store.read('~/runs/chat')).records).toEqual([]);
  });

  test('goes with the conversation: clearSession', async () => {
    const { open, store, wait } = conversation();
    const id = await wait();
    const taken = await open().takePendingRun(id, options);
    await open().clearSession();
    expect((await store.read('~/runs/chat')).revision).toBe(NO_HISTORY);
    await expectCode('CONFLICT', () => taken?.session.addItems([message('result')]));
    await taken?.release();
    await taken?.finish();
    expect(await open().pendingRuns()).toEqual([]);
  });

  test('goes with the conversation: expiry', async () => {
    const sessions: MemorySessions = new Map();
    const store = new MemoryStore({ ttlSeconds: 60, sessions });
    const scope = (): string => 'acme';
    const { open, wait } = conversation({ scope }, store);
    const run = new RunContext();
    const old = await wait(open(), stateText(), run);
    now += 30_000;
    const young = await wait(open({ sessionId: 'other' }), stateText(), run);
    now += 30_000;
    await expectCode('CONFLICT', () => open().takePendingRun(old, options, run));
    expect((await open().pendingRuns(run)).map(({ id }) => id)).toEqual([young]);
    expect((await store.read(pendingRunsId('chat', 'acme') ?? '')).records).toHaveLength(2);
    now += 30_000;
    expect(await open().pendingRuns(run)).toEqual([]);
  });

  test('a list that something else wrote to is an error, and clearSession goes past it', async () => {
    for (const record of ['{"pendingRuns":[]}', '{"pendingRuns":{}}', '{"a":1}', 'x', '{"format":2}']) {
      const { open, store } = conversation();
      await store.commit('~/runs/chat', { idempotencyKey: record.length.toString(), append: [record] });
      const code = record === '{"format":2}' ? 'UNSUPPORTED_FORMAT' : 'CORRUPT_RECORD';
      await expectCode(code, () => open().pendingRuns());
      await expectCode(code, () => open().takePendingRun('id', options));
      await open().clearSession();
      expect(await open().pendingRuns()).toEqual([]);
    }
  });

  test.each([
    null,
    [],
    { id: 7 },
    { sessionId: 7 },
    { sessionId: '' },
    { revision: null },
    { savedAt: 1e300 },
    { savedAt: '1' },
    { schemaVersion: 1 },
    { digest: [] },
    { approvals: {} },
    { approvals: [null] },
    { approvals: [{ callId: 7, toolName: 'n' }] },
    { approvals: [{ callId: 'c', toolName: 'n', decision: { approve: 'yes' } }] },
    { approvals: [{ callId: 'c', toolName: 'n', decision: { approve: true, message: {} } }] },
    { lease: 7 },
    { lease: { token: 't', until: 1e300 } },
  ])('a run in the list that none of ours is, is an error: %j', async (damage) => {
    const { open, store, wait } = conversation({ scope: () => 'acme' });
    const run = new RunContext();
    const id = await wait(open(), stateText(), run);
    const place = '~acme/~runs';
    const { records } = await store.read(place);
    const list = JSON.parse(records[1] as string) as { pendingRuns: [object] };
    const [entry] = list.pendingRuns;
    const damaged = damage === null || Array.isArray(damage) ? damage : { ...entry, ...damage };
    const record = JSON.stringify({ ...list, pendingRuns: [damaged] });
    await store.commit(place, { idempotencyKey: 'k', drop: 1, append: [record] });
    await expectCode('CORRUPT_RECORD', () => open().pendingRuns(run));
    await expectCode('CORRUPT_RECORD', () => open().takePendingRun(id, options, run));
    await expectCode('CORRUPT_RECORD', () => open().clearSession(run));
    expect(await open().getItems(undefined, run)).toEqual([]);
  });

  test('a session whose id is too long for it goes without', async () => {
    for (const [length, code] of [
      [2_042, 'INVALID_ARGUMENT'],
      [2_041, undefined],
    ] as const) {
      const { open, wait } = conversation({ sessionId: 'x'.repeat(length) });
      if (code === undefined) await wait();
      else for (const call of [wait, () => open().pendingRuns()]) await expectCode(code, call);
      await open().clearSession();
      expect(await open().getItems()).toEqual([]);
    }
  });

  test('records that are missing are an error', async () => {
    const { open, store, wait } = conversation();
    await wait();
    const { records } = await store.read('~/runs/chat');
    const last = records.slice(-1);
    await store.commit('~/runs/chat', { idempotencyKey: 'k', drop: 'all', append: last });
    await expectCode('CORRUPT_RECORD', () => open().takePendingRun('id', options));
    await store.commit('~/runs/chat', { idempotencyKey: 'l', drop: 'all', append: ['{"a":1}', ...last] });
    const [run] = await open().pendingRuns();
    await expectCode('CORRUPT_RECORD', () => open().takePendingRun(run?.id ?? '', options));
  });

  test('states beyond 15 MiB together are refused, and what is there can be deleted', async () => {
    const { open, wait } = conversation();
    const large = stateText().replace(SECRET, 'x'.repeat(7 * 1024 * 1024));
    const ids = [await wait(open(), large), await wait(open(), large)];
    await expectCode('COMMIT_TOO_LARGE', () => wait(open(), large));
    expect((await open().pendingRuns()).map(({ id }) => id)).toEqual(ids);
    for (const id of ids) expect(await open().deletePendingRun(id)).toBe(true);
  });
});

describe('with a scope', () => {
  const scope = ({ context }: RunContext): string => (context as { tenant: string }).tenant;
  const runOf = (tenant: string): RunContext => new RunContext({ tenant });

  test('all runs of the scope are listed, and taken by any of its sessions; others see none', async () => {
    const { open, wait } = conversation({ scope });
    const [run, other] = [runOf('acme'), runOf('other')];
    const ids = [
      await wait(open(), stateText(), run),
      await wait(open({ sessionId: 'second' }), stateText(), run),
    ];
    const listed = await open({ sessionId: 'third' }).pendingRuns(runOf('acme'));
    expect(listed.map(({ id, sessionId }) => [id, sessionId])).toEqual([
      [ids[0], 'chat'],
      [ids[1], 'second'],
    ]);
    expect(await open().pendingRuns(other)).toEqual([]);
    expect(await open().takePendingRun(ids[0] ?? '', options, other)).toBeUndefined();
    expect(await open().deletePendingRun(ids[0] ?? '', other)).toBe(false);

    const taken = await open().takePendingRun(ids[1] ?? '', options, runOf('acme'));
    expect(await taken?.session.getSessionId()).toBe('second');
    await expectCode('CONFLICT', () => taken?.session.addItems([message('result')], other));
    await taken?.session.addItems([message('result')], runOf('acme'));
    expect(await open({ sessionId: 'second' }).getItems(undefined, run)).toHaveLength(2);

    await open().clearSession(run);
    expect((await open().pendingRuns(run)).map(({ sessionId }) => sessionId)).toEqual(['second']);
  });

  test.each([false, true])(
    'a state that stands in the place of another run’s is an error; encrypted: %p',
    async (isEncrypted) => {
      const keys = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
      const encryption = isEncrypted ? encryptWith(keys) : undefined;
      const { open, store, wait } = conversation({ scope, encryption });
      const id = await wait(open(), stateText(['c1']), runOf('acme'));
      await wait(open({ sessionId: 'second' }), stateText(['c2']), runOf('acme'));
      const [first = '', second = '', list = ''] = (await store.read('~acme/~runs')).records;
      await store.commit('~acme/~runs', {
        idempotencyKey: 'k',
        drop: 'all',
        append: [second, first, list],
      });
      const error = await expectCode('CORRUPT_RECORD', () =>
        open().takePendingRun(id, options, runOf('acme')),
      );
      expect(textOf(error)).not.toContain(SECRET);
      const rotated = encryptWith({ ...keys, keys: [randomBytes(32), ...keys.keys] });
      const before = await store.read('~acme/~runs');
      if (isEncrypted) {
        await expectCode('CORRUPT_RECORD', () =>
          open({ sessionId: 'third', encryption: rotated }).reencrypt(runOf('acme')),
        );
      }
      expect(await store.read('~acme/~runs')).toEqual(before);
    },
  );
});

/** The SDK's state tells the context of its run. */
test('a RunState is saved with what its own run has seen, whatever the object has seen since', async () => {
  const { open, store } = conversation();
  const session = open();
  const run = new RunContext();
  const state = { toString: () => stateText(), _context: run };
  await session.getItems(undefined, run);
  await session.addItems([message('question')], run);
  const { revision } = await store.read('chat');
  await open().addItems([message('by the way')]);
  await session.getItems();
  const id = await session.savePendingRun(state);
  await expectCode('CONFLICT', () => open().takePendingRun(id, options));
  expect(JSON.stringify((await store.read('~/runs/chat')).records)).toContain(revision);
});

test('a taken session is the SDK’s session as any other', async () => {
  const { open, wait } = conversation();
  const taken = await open().takePendingRun(await wait(), options);
  const session: Session | undefined = taken?.session;
  expect(await session?.getSessionId()).toBe('chat');
  expect(await session?.getItems()).toEqual([message('question')]);
});

describe('any number of approvers at once', () => {
  /** A store whose every answer comes when the scheduler says. */
  function scheduled(
    store: SessionStore,
    scheduler: fc.Scheduler,
    onCommit: (append: readonly StoredRecord[]) => void,
  ): SessionStore {
    return {
      read: async (sessionId, readOptions) => scheduler.schedule(store.read(sessionId, readOptions)),
      commit: async (sessionId, change) => {
        onCommit(change.append);
        await scheduler.schedule(Promise.resolve());
        return scheduler.schedule(store.commit(sessionId, change));
      },
      clear: (sessionId) => store.clear(sessionId),
    };
  }

  const anyAct = fc.record({
    approver: fc.nat({ max: 3 }),
    act: fc.constantFrom('take', 'decide', 'list', 'release', 'finish', 'write', 'let the lease end'),
  });

  /** One who took the run: alive, also when the lease has ended. */
  interface Taker {
    readonly taken: TakenRun<RestoredRunState>;
    readonly run: RunContext;
    readonly until: number;
    readonly result: string;
  }

  test('one at a time has the run, one result is stored, and no run is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(anyAct, { maxLength: 16 }), async (scheduler, acts) => {
        const store = new MemoryStore();
        const { open, wait } = conversation({}, store);
        const id = await wait();
        const takers = new Map<number, Taker>();
        const stored = new Set<string>();
        let takes = 0;
        const finishes = new Set<string>();

        const act = async (approver: number, what: string): Promise<void> => {
          let written: readonly StoredRecord[] = [];
          const slow = scheduled(store, scheduler, (append) => (written = append));
          const session = new StoredSession(slow, { sessionId: 'chat' });
          const taker = takers.get(approver);
          if (what === 'let the lease end') now += 300_000;
          if (what === 'list') await session.pendingRuns();
          if (what === 'decide') {
            await session.decidePendingRun(id, [{ callId: 'c1', approve: approver > 1 }]);
          }
          if (what === 'take') {
            const taken = await session.takePendingRun<RestoredRunState>(id, options);
            if (taken === undefined) return;
            // Its own: by the time of the answer it may have ended, and another one have begun.
            const until = Number(leasedUntil(written));
            const others = [...takers.values()].filter((other) => other.until > now);
            if (until > now) expect(others).toEqual([]);
            takers.set(approver, { taken, run: new RunContext(), until, result: `result ${++takes}` });
          }
          if (taker === undefined) return;
          if (what === 'write') {
            await taker.taken.session.getItems(undefined, taker.run);
            await taker.taken.session.addItems([message(taker.result)], taker.run);
            stored.add(taker.result);
          }
          if (what === 'release') {
            takers.delete(approver);
            await taker.taken.release();
          }
          if (what === 'finish' && stored.has(taker.result)) {
            finishes.add(taker.result);
            await taker.taken.finish();
          }
        };
        const attempts = acts.map(({ approver, act: what }) =>
          scheduler.schedule(Promise.resolve()).then(() => act(approver, what)),
        );
        const outcomes = Promise.allSettled(attempts);
        await scheduler.waitFor(outcomes);
        for (const outcome of await outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
        }
        expect(stored.size).toBeLessThanOrEqual(1);
        const contents = (await open().getItems()).map((item) => ('content' in item ? item.content : ''));
        expect([...new Set(contents)]).toEqual(['question', ...stored]);
        const left = (await open().pendingRuns()).map((run) => run.id);
        expect(left).toEqual(finishes.size === 0 ? [id] : []);
      }),
      { numRuns: 300 },
    );
  });

  function leasedUntil(records: readonly StoredRecord[]): string | undefined {
    return /"until":(\d+)/.exec(String(records.at(-1)))?.[1];
  }
});
