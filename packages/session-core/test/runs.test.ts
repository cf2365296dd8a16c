import { randomBytes } from 'node:crypto';
import { RunContext, type AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, StoredSession } from '../src';
import { encryptWith } from '../src/encryption';
import type { CommitResult, SessionStore } from '../src/store';
import { areSameRecords, knownWithout, othersIn } from '../src/session/recordLists';
import { expectCode, message } from './support';

/** What a run has seen, and what of the history is its own. */

const SUMMARY: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };
const call = (callId: string, name: string): AgentInputItem => ({
  type: 'function_call',
  callId,
  name,
  arguments: '{}',
});

function objects(concurrentWrites: 'append' | 'reject' = 'append') {
  const store = new MemoryStore();
  const open = (): StoredSession => new StoredSession(store, { sessionId: 'id', concurrentWrites });
  return { store, session: open(), other: open(), run: new RunContext() };
}

describe('a run', () => {
  test('that writes before it reads is held to what its object has seen', async () => {
    const { session, other, run } = objects('reject');
    await session.getItems();
    await other.addItems([message('a')]);
    await expectCode('CONFLICT', () => session.addItems([message('x')], run));
    await session.getItems();
    await session.addItems([message('b')], run);
    expect(await other.getItems()).toEqual(['a', 'b'].map(message));
  });

  test('may begin with the newest items only', async () => {
    const { session, other, run } = objects('reject');
    await session.getItems(1, run);
    await other.addItems([message('a')]);
    await session.getItems(1, run);
    await expectCode('CONFLICT', () => session.addItems([message('x')], run));
  });

  test('has seen what it cleared', async () => {
    const { session, other, run } = objects('reject');
    await session.addItems([message('a')], run);
    await other.getItems();
    await other.addItems([message('b')]);
    await session.clearSession(run);
    await session.addItems([message('c')], run);
    expect(await session.getItems()).toEqual([message('c')]);
  });

  test('is told by its context, and by nothing else that is passed', async () => {
    const { session, other } = objects('reject');
    await session.getItems(undefined, null as never);
    await session.getItems(undefined, 'run' as never);
    await session.addItems([message('a')], 5 as never);
    expect(await other.getItems()).toEqual([message('a')]);
  });
});

describe.each([
  ['in plaintext', undefined],
  ['encrypted', encryptWith({ keys: [randomBytes(32)], digestKey: randomBytes(32) })],
])('a lost answer, %s', (_what, encryption) => {
  /** A store whose next commits land, and whose answers are lost. */
  function losing() {
    const memory = new MemoryStore();
    let losses = 0;
    const store: SessionStore = {
      read: (...args) => memory.read(...args),
      clear: (...args) => memory.clear(...args),
      commit: async (...args): Promise<CommitResult> => {
        const result = await memory.commit(...args);
        if (losses-- > 0) throw new SessionError('TIMEOUT', 'no answer');
        return result;
      },
    };
    const open = () => new StoredSession(store, { sessionId: 'id', concurrentWrites: 'reject', encryption });
    const lose = (times = 1) => (losses = times);
    return { session: open(), other: open(), run: new RunContext(), lose };
  }

  const replace = {
    operationId: 'o1',
    transaction: {
      type: 'replace_suffix' as const,
      expectedSuffix: [message('a')],
      replacement: [message('b')],
    },
  };

  const WRITES: Readonly<Record<string, (session: StoredSession, run: RunContext) => Promise<unknown>>> = {
    addItems: (session, run) => session.addItems([message('b')], run),
    popItem: (session, run) => session.popItem(run),
    applyHistoryTransaction: (session, run) => session.applyHistoryTransaction(replace, run),
    applyHistoryMutations: (session, run) =>
      session.applyHistoryMutations(
        {
          mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call('c1', 'y') as never }],
        },
        run,
      ),
    replaceHistoryWithCompaction: (session, run) => session.replaceHistoryWithCompaction([SUMMARY], run),
  };

  test.each(Object.keys(WRITES))('of %s: the run goes on once it read, unless others wrote', async (name) => {
    for (const disturbed of [false, true]) {
      const { session, other, run, lose } = losing();
      await other.addItems([call('c1', 'x'), message('a')]);
      await session.getItems(undefined, run);
      lose();
      await expectCode('TIMEOUT', () => (WRITES[name] as (typeof WRITES)[string])(session, run));
      await other.getItems();
      if (disturbed) await other.addItems([message('others')]);
      const seen = await session.getItems(undefined, run);
      const more = () => session.addItems([message('more')], run);
      if (disturbed) await expectCode('CONFLICT', more);
      else await more();
      expect(await other.getItems()).toEqual(disturbed ? seen : [...seen, message('more')]);
    }
  });

  test.each([1, 2])('of a transaction that is then repeated, %d times', async (times) => {
    const { session, other, run, lose } = losing();
    await other.addItems([message('a')]);
    await session.getItems(undefined, run);
    lose(times);
    for (let tries = 0; tries < times; tries++) {
      await expectCode('TIMEOUT', () => session.applyHistoryTransaction(replace, run));
    }
    await session.applyHistoryTransaction(replace, run);
    await session.getItems(undefined, run);
    await session.addItems([message('c')], run);
    expect(await other.getItems()).toEqual(['b', 'c'].map(message));
  });

  test('tells a run nothing any more once it has cleared the session', async () => {
    const { session, other, run, lose } = losing();
    await session.addItems([message('a')], run);
    await session.getItems(undefined, run);
    lose();
    await expectCode('TIMEOUT', () => session.addItems([message('b')], run));
    await session.clearSession(run);
    await other.addItems(['a', 'b'].map(message));
    await session.getItems(undefined, run);
    await expectCode('CONFLICT', () => session.addItems([message('c')], run));
  });
});

describe('within a run, replaceHistoryWithCompaction', () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom('run', 'others'),
      fc.constantFrom('append', 'append', 'pop', 'suffix', 'mutate', 'read'),
    ),
    { maxLength: 14 },
  );

  test('replaces what is the run’s own, and nothing else, whatever both did before', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { session, other, run } = objects();
        await other.addItems([call('c1', 'before'), message('before')]);
        await session.getItems(undefined, run);
        let model: { item: AgentInputItem; own: boolean }[] = (await other.getItems()).map((item) => ({
          item,
          own: true,
        }));
        for (const [index, [who, what]] of list.entries()) {
          const own = who === 'run';
          const item = message(`${who} ${index}`);
          const last = model.at(-1);
          if (what === 'append') {
            await (own ? session.addItems([item], run) : other.addItems([item]));
            model.push({ item, own });
          } else if (!own) {
            // Others that take off or rewrite what the run knows are a conflict.
            await other.getItems();
          } else if (what === 'pop') {
            await session.popItem(run);
            model.pop();
          } else if (what === 'suffix' && last) {
            await session.applyHistoryTransaction(
              {
                operationId: `${index}`,
                transaction: { type: 'replace_suffix', expectedSuffix: [last.item], replacement: [item] },
              },
              run,
            );
            model = [...model.slice(0, -1), { item, own }];
          } else if (what === 'mutate') {
            const replacement = call('c1', `${index}`) as Extract<AgentInputItem, { type: 'function_call' }>;
            await session.applyHistoryMutations(
              { mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }] },
              run,
            );
            model = model.map((each) =>
              each.item.type === 'function_call' ? { ...each, item: replacement } : each,
            );
          } else await session.getItems(undefined, run);
        }
        expect(await other.getItems()).toEqual(model.map(({ item }) => item));
        const kept = model.filter(({ own }) => !own).map(({ item }) => item);
        await session.replaceHistoryWithCompaction([SUMMARY], run);
        expect(await other.getItems()).toEqual([SUMMARY, ...kept]);
        await other.addItems([message('behind')]);
        await session.replaceHistoryWithCompaction([message('again')], run);
        expect(await other.getItems()).toEqual([message('again'), ...kept, message('behind')]);
      }),
      { numRuns: 300 },
    );
  });

  test('accounts for equal records once each', async () => {
    const { session, other, run } = objects();
    await session.addItems([message('a')], run);
    await session.getItems(undefined, run);
    await other.addItems([message('b'), message('b')]);
    await session.addItems([message('b')], run);
    await session.replaceHistoryWithCompaction([SUMMARY], run);
    expect(await other.getItems()).toEqual([SUMMARY, message('b'), message('b')]);
  });

  test('leaves alone a history that is no longer there', async () => {
    const { session, other, run } = objects();
    await session.addItems([message('a'), message('b')], run);
    await session.getItems(undefined, run);
    await other.popItem();
    await other.addItems([message('c')]);
    await expectCode('CONFLICT', () => session.replaceHistoryWithCompaction([SUMMARY], run));
    expect(await other.getItems()).toEqual(['a', 'c'].map(message));
  });
});

describe('records that are known', () => {
  const records = fc.array(
    fc.oneof(
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom(1, 2).map((byte) => Uint8Array.of(byte)),
    ),
    { maxLength: 8 },
  );

  test('and those of others are all there is', () => {
    fc.assert(
      fc.property(records, records, fc.infiniteStream(fc.boolean()), (known, others, order) => {
        const stored: (string | Uint8Array)[] = [];
        const [mine, theirs] = [[...known], [...others]];
        for (const first of order) {
          const next = (first ? mine : theirs).shift() ?? (first ? theirs : mine).shift();
          if (next === undefined) break;
          stored.push(next);
        }
        const found = othersIn(stored, known);
        const sorted = (list: readonly unknown[]): string[] => list.map(String).sort();
        expect(sorted(found ?? [])).toEqual(sorted(others));
      }),
    );
  });

  test('are no longer all there when one is missing', () => {
    expect(othersIn(['a', 'c'], ['a', 'b'])).toBeUndefined();
    expect(othersIn(['b', 'a'], ['a', 'b'])).toBeUndefined();
    expect(othersIn([], [Uint8Array.of(1)])).toBeUndefined();
    expect(othersIn(['\u0001'], [Uint8Array.of(1)])).toBeUndefined();
  });

  test('lose the newest of equal ones, and none that is not theirs', () => {
    expect(knownWithout(['a', 'b', 'a', 'c'], ['a'])).toEqual(['a', 'b', 'c']);
    expect(knownWithout(['a'], ['b', 'a'])).toEqual([]);
    expect(knownWithout(['a'], ['b'])).toEqual(['a']);
  });

  test('are the same when they are equal in order', () => {
    expect(areSameRecords(['a', Uint8Array.of(1)], ['a', Uint8Array.of(1)])).toBe(true);
    expect(areSameRecords(['a', 'b'], ['b', 'a'])).toBe(false);
    expect(areSameRecords(['a', 'b'], ['a'])).toBe(false);
  });
});
