import type { AgentInputItem, RunContext } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import { check, checkEqual } from '../check';
import type { CaseContext, Cases } from '../harness';
import { newRun } from '../newRun';

/** What the SDK's Runner asks of a session that shortens its history after a turn, and what others do meanwhile. */

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const compacted: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };
const usage = {
  inputTokens: 9,
  outputTokens: 1,
  totalTokens: 10,
  inputTokensDetails: {},
  outputTokensDetails: {},
};

interface Conversation {
  /** Of another object, on a store of its own. */
  readonly other: StoredSession;
  readonly session: StoredSession;
  /** Begins a run: gives it its receipt. */
  readonly begin: () => Promise<Run>;
}

interface Run {
  readonly context: RunContext;
  readonly add: (...contents: string[]) => Promise<void>;
  /** The end of its turn. The model was shown all of this. */
  readonly compact: (...shown: string[]) => Promise<unknown>;
}

/** A session that is always due, and calls `meanwhile` while it shortens. */
async function open(
  { store, openStore, newId }: CaseContext,
  meanwhile: (other: StoredSession) => Promise<unknown> = () => Promise.resolve(),
): Promise<Conversation> {
  const sessionId = newId();
  const other = new StoredSession(await openStore(), { sessionId });
  const session = new StoredSession(store, {
    sessionId,
    compaction: {
      shouldTriggerCompaction: () => true,
      shorten: async () => {
        await meanwhile(other);
        return { items: [compacted], usage };
      },
    },
  });
  const {
    getItemsWithCompactionOwnership: getItems,
    addItemsWithCompactionOwnership: addItems,
    runCompaction,
  } = session;
  check(
    getItems !== undefined && addItems !== undefined && runCompaction !== undefined,
    'the capability is there',
  );
  const begin = async (): Promise<Run> => {
    const context = newRun();
    const { ownership } = await getItems(context);
    return {
      context,
      add: (...contents) => addItems(contents.map(message), ownership, context),
      compact: (...shown) => runCompaction({}, context, ownership, { items: shown.map(message) }),
    };
  };
  return { other, session, begin };
}

export const receipts: Cases = {
  'after a turn, what the run read and wrote is replaced': async (context) => {
    const { other, begin } = await open(context);
    await other.addItems([message('a')]);
    const run = await begin();
    await run.add('b');
    await run.add('c', 'd');
    checkEqual(await run.compact('a', 'b', 'c', 'd'), { usage }, 'what it cost');
    checkEqual(await other.getItems(), [compacted], 'what is stored');
    await run.add('e');
    checkEqual(await other.getItems(), [compacted, message('e')], 'after another append');
  },

  'an append with a stale receipt is stored, and does not renew it': async (context) => {
    const { other, begin } = await open(context);
    const run = await begin();
    await run.add('a');
    await other.addItems([message('b')]);
    await run.add('c');
    await run.add('d');
    checkEqual(await run.compact('a', 'c', 'd'), null, 'what compaction says');
    checkEqual(await other.getItems(), ['a', 'b', 'c', 'd'].map(message), 'what is stored');
  },

  'what others append while the history is shortened is kept behind': async (context) => {
    const { other, begin } = await open(context, async (elsewhere) => {
      await elsewhere.addItems([message('b'), message('c')]);
      await elsewhere.addItems([message('a')]);
    });
    const run = await begin();
    await run.add('a');
    checkEqual(await run.compact('a'), { usage }, 'what it cost');
    checkEqual(await other.getItems(), [compacted, ...['b', 'c', 'a'].map(message)], 'what is stored');
  },

  'a history that others replace while it is shortened is left alone': async (context) => {
    const { other, begin } = await open(context, async (elsewhere) => {
      await elsewhere.clearSession();
      await elsewhere.addItems([message('b')]);
    });
    const run = await begin();
    await run.add('a');
    checkEqual(await run.compact('a'), { usage }, 'what it cost');
    checkEqual(await other.getItems(), [message('b')], 'what is stored');
  },

  'within a run, a replacement keeps what others wrote between': async (context) => {
    const { other, session, begin } = await open(context);
    await other.addItems([message('a')]);
    const run = await begin();
    await run.add('b');
    await other.addItems([message('x')]);
    await run.add('c');
    await other.addItems([message('y')]);
    await session.getItems(undefined, run.context);
    await session.replaceHistoryWithCompaction([compacted], run.context);
    checkEqual(await other.getItems(), [compacted, message('x'), message('y')], 'what is stored');
  },
};
