import type { AgentInputItem, SessionHistoryTransaction } from '@openai/agents';
import { SessionError } from '../../store/errors';
import { NO_HISTORY, type SessionStore } from '../../store/sessionStore';
import { StoredSession } from '../../session/storedSession';
import { check, checkEqual, newIdempotencyKey, texts } from '../check';
import type { CaseContext, Cases } from '../harness';

/*
 * Pairs of calls that start at one gate. What may come of them is told exactly: what each call answers, and what is stored
 * then. It is what one after the other would give, or the refusal of one.
 */

const ROUNDS = 12;

type Call = (session: StoredSession) => Promise<string>;

interface Race {
  /** What the session holds before: the contents of items, each of a commit of its own. */
  readonly before: readonly string[];
  readonly calls: readonly [Call, Call];
  readonly outcomes: readonly Outcome[];
  /** What must hold after that, whatever came of it. */
  readonly then?: (session: StoredSession) => Promise<void>;
}

/** What the calls answer, and what is stored: the contents of the items, or that there was never anything. */
type Outcome = readonly [first: string, second: string, stored: string];

const NOTHING = 'nothing';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const contents = (items: readonly AgentInputItem[]): string =>
  items.map((item) => ('content' in item && typeof item.content === 'string' ? item.content : '?')).join(' ');

const append =
  (...added: string[]): Call =>
  async (session) => {
    await session.addItems(added.map(message));
    return 'added';
  };
const pop: Call = async (session) => {
  const item = await session.popItem();
  return item === undefined ? NOTHING : contents([item]);
};
const clear: Call = async (session) => {
  await session.clearSession();
  return 'cleared';
};
/** The summary tells what it was made from. */
const compact =
  (name: string): Call =>
  async (session) => {
    const { status } = await session.rewriteHistory((items) =>
      items.length === 0 ? undefined : [message(`${name}(${contents(items)})`)],
    );
    return status;
  };
const transact =
  (operationId: string, transaction: SessionHistoryTransaction): Call =>
  async (session) => {
    await session.applyHistoryTransaction({ operationId, transaction });
    return 'applied';
  };
const appending = (...added: string[]): SessionHistoryTransaction => ({
  type: 'append_items',
  items: added.map(message),
});
const replacing = (suffix: string, replacement: string): SessionHistoryTransaction => ({
  type: 'replace_suffix',
  expectedSuffix: [message(suffix)],
  replacement: [message(replacement)],
});

export const races: Cases = {
  'a transaction and a clear; repeated after both, the transaction is in once': race({
    before: ['a', 'b'],
    calls: [transact('o', appending('t', 'u')), clear],
    outcomes: [
      ['applied', 'cleared', NOTHING],
      ['applied', 'cleared', 't u'],
    ],
    then: async (session) => {
      await transact('o', appending('t', 'u'))(session);
      checkEqual(contents(await session.getItems()), 't u', 'what is stored after the repetition');
    },
  }),

  'a pop and an append': race({
    before: ['a', 'b'],
    calls: [pop, append('c', 'd')],
    outcomes: [
      ['b', 'added', 'a c d'],
      ['d', 'added', 'a b c'],
    ],
  }),

  'a pop and a clear': race({
    before: ['a', 'b'],
    calls: [pop, clear],
    outcomes: [
      ['b', 'cleared', NOTHING],
      [NOTHING, 'cleared', NOTHING],
    ],
  }),

  'two compactions': race({
    before: ['a', 'b'],
    calls: [compact('x'), compact('y')],
    outcomes: [
      ['rewritten', 'conflict', 'x(a b)'],
      ['conflict', 'rewritten', 'y(a b)'],
      ['rewritten', 'rewritten', 'y(x(a b))'],
      ['rewritten', 'rewritten', 'x(y(a b))'],
    ],
  }),

  'a compaction and a pop': race({
    before: ['a', 'b'],
    calls: [compact('x'), pop],
    outcomes: [
      ['rewritten', 'b', 'x(a)'],
      ['conflict', 'b', 'a'],
      ['rewritten', 'x(a b)', ''],
    ],
  }),

  'a compaction and a clear': race({
    before: ['a', 'b'],
    calls: [compact('x'), clear],
    outcomes: [
      ['rewritten', 'cleared', NOTHING],
      ['conflict', 'cleared', NOTHING],
      ['declined', 'cleared', NOTHING],
    ],
  }),

  'the replacement of a suffix and an append': race({
    before: ['a', 'b'],
    calls: [transact('o', replacing('b', 'x')), append('c', 'd')],
    outcomes: [
      ['applied', 'added', 'a x c d'],
      ['SUFFIX_MISMATCH', 'added', 'a b c d'],
    ],
  }),

  'two transactions under one operation id': race({
    before: ['a', 'b'],
    calls: [transact('o', appending('x', 'y')), transact('o', replacing('b', 'z'))],
    outcomes: [
      ['applied', 'OPERATION_MISMATCH', 'a b x y'],
      ['OPERATION_MISMATCH', 'applied', 'a z'],
    ],
  }),

  'two first writes': race({
    before: [],
    calls: [append('a', 'b'), append('c', 'd')],
    outcomes: [
      ['added', 'added', 'a b c d'],
      ['added', 'added', 'c d a b'],
    ],
  }),

  'two first writes at NO_HISTORY: one goes in': async ({ openStore, newId }) => {
    const stores = [await openStore(), await openStore()] as const;
    for (let round = 0; round < ROUNDS; round++) {
      const id = newId();
      const write = (store: SessionStore, label: string) => () =>
        store.commit(id, {
          idempotencyKey: newIdempotencyKey(),
          append: texts(label, 2),
          ifRevision: NO_HISTORY,
        });
      const results = await atOneGate(write(stores[0], 'a'), write(stores[1], 'b'), round);
      const statuses = results.map(({ status }) => status);
      checkEqual(statuses.toSorted(), ['committed', 'conflict'], `the answers in round ${round}`);
      const winner = texts(statuses[0] === 'committed' ? 'a' : 'b', 2);
      checkEqual((await stores[0].read(id)).records, winner, `what is stored in round ${round}`);
    }
  },
};

function race({ before, calls, outcomes, then }: Race): (context: CaseContext) => Promise<void> {
  return async ({ openStore, newId }) => {
    const stores = [await openStore(), await openStore()] as const;
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const sessionId = newId();
      const sessions = stores.map((store) => new StoredSession(store, { sessionId })) as [
        StoredSession,
        StoredSession,
      ];
      for (const content of before) await sessions[0].addItems([message(content)]);

      const [first, second] = [() => answer(calls[0], sessions[0]), () => answer(calls[1], sessions[1])];
      const turned = round % 2 === 1;
      const answers = turned
        ? (await atOneGate(second, first, round >> 1)).toReversed()
        : await atOneGate(first, second, round >> 1);
      const items = await sessions[0].getItems();
      const { revision } = await stores[0].read(sessionId);
      const outcome = [...answers, revision === NO_HISTORY ? NOTHING : contents(items)];
      check(
        outcomes.some((allowed) => allowed.every((part, index) => part === outcome[index])),
        `round ${round}, the ${turned ? 'second' : 'first'} call first: ${outcome.join(' / ')}`,
      );
      if (then) await then(sessions[1]);
    }
  };
}

/** Starts both at once, or the later one a few turns of the event loop later, so that they meet at various steps. */
async function atOneGate<T>(
  earlier: () => Promise<T>,
  later: () => Promise<T>,
  round: number,
): Promise<[T, T]> {
  const started = earlier();
  // Whoever fails, both have ended when this does.
  const both = [started, pause(round % 4).then(later)] as const;
  await Promise.allSettled(both);
  return Promise.all(both);
}

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a call answers, or the code of the error that it fails with. */
async function answer(call: Call, session: StoredSession): Promise<string> {
  try {
    return await call(session);
  } catch (error) {
    if (SessionError.is(error)) return error.code;
    throw error;
  }
}
