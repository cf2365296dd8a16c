import {
  OpenAIResponsesCompactionSession,
  RunContext,
  type AgentInputItem,
  type OpenAIClient,
  type Session,
} from '@openai/agents';
import * as fc from 'fast-check';
import { compactSession, MemoryStore, onMemoryCopy, StoredSession } from '../src';
import { assistant, call, histories, reasoning, result, user } from './histories';

const SUMMARY: AgentInputItem = { role: 'system', content: 'So far: a, b, c.' };
const CONVERSATION = [user('a'), assistant('b'), user('c'), assistant('d')];

/** Two objects for one session. */
async function sessionWith(
  items: AgentInputItem[],
): Promise<{ session: StoredSession; other: StoredSession }> {
  const store = new MemoryStore();
  const session = new StoredSession(store, { sessionId: 's' });
  await session.addItems(items);
  return { session, other: new StoredSession(store, { sessionId: 's' }) };
}

describe('by a function', () => {
  test('what it returns takes the place of the history', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const given: AgentInputItem[][] = [];
    const outcome = await compactSession(session, (items) => {
      given.push(items);
      return [SUMMARY, ...items.slice(-2)];
    });
    expect(outcome).toEqual({ status: 'rewritten', kept: 0 });
    expect(given).toEqual([CONVERSATION]);
    expect(await other.getItems()).toEqual([SUMMARY, ...CONVERSATION.slice(-2)]);
  });

  test('undefined leaves the history as it is', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    expect(await compactSession(session, () => undefined)).toEqual({ status: 'declined' });
    expect(await other.getItems()).toEqual(CONVERSATION);
  });

  test('a session without items is declined, and nothing is asked', async () => {
    const { session } = await sessionWith([]);
    const shorten = jest.fn();
    expect(await compactSession(session, shorten)).toEqual({ status: 'declined' });
    expect(shorten).not.toHaveBeenCalled();
  });

  test('an error of the function is the caller’s, and nothing changes', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const error = new Error('no model today');
    await expect(compactSession(session, () => Promise.reject(error))).rejects.toBe(error);
    expect(await other.getItems()).toEqual(CONVERSATION);
  });

  test.each<[string, unknown]>([
    ['an empty list', []],
    ['no list', SUMMARY],
    ['a list of strings', ['summary']],
    ['null', null],
  ])('%s is refused, and nothing changes', async (_what, returned) => {
    const { session, other } = await sessionWith(CONVERSATION);
    await expect(compactSession(session, () => returned as AgentInputItem[])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await other.getItems()).toEqual(CONVERSATION);
  });

  test('items that others append meanwhile are kept behind', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const outcome = await compactSession(session, async () => {
      await other.addItems([user('e')]);
      await other.addItems([assistant('f'), user('g')]);
      return [SUMMARY];
    });
    expect(outcome).toEqual({ status: 'rewritten', kept: 3 });
    expect(await other.getItems()).toEqual([SUMMARY, user('e'), assistant('f'), user('g')]);
  });

  test.each<[string, (other: StoredSession) => Promise<unknown>, AgentInputItem[]]>([
    ['popped', (other) => other.popItem(), CONVERSATION.slice(0, -1)],
    ['cleared', (other) => other.clearSession(), []],
    ['compacted', (other) => compactSession(other, () => [user('theirs')]), [user('theirs')]],
  ])('a history that was %s meanwhile is left alone and reported', async (_what, change, remains) => {
    const { session, other } = await sessionWith(CONVERSATION);
    const outcome = await compactSession(session, async () => {
      await change(other);
      return [SUMMARY];
    });
    expect(outcome).toEqual({ status: 'conflict' });
    expect(await other.getItems()).toEqual(remains);
  });

  test('the scope comes from the run context', async () => {
    const store = new MemoryStore();
    const session = new StoredSession(store, { sessionId: 's', scope: ({ context }) => context as string });
    const [ours, theirs] = [new RunContext('us'), new RunContext('them')];
    await session.addItems(CONVERSATION, ours);
    await session.addItems(CONVERSATION, theirs);
    await expect(compactSession(session, () => [SUMMARY])).rejects.toMatchObject({ code: 'MISSING_SCOPE' });
    await compactSession(session, () => [SUMMARY], ours);
    expect(await session.getItems(undefined, ours)).toEqual([SUMMARY]);
    expect(await session.getItems(undefined, theirs)).toEqual(CONVERSATION);
  });
});

describe('a call that waits for its result', () => {
  test('it is kept behind, with its reasoning and the calls beside it, and its result finds it', async () => {
    const waiting = [reasoning('r'), call('answered'), call('waiting'), result('answered')];
    const { session, other } = await sessionWith([...CONVERSATION, ...waiting, user('e'), assistant('f')]);
    const given: AgentInputItem[][] = [];
    const outcome = await compactSession(session, async (items) => {
      given.push(items);
      await other.addItems([result('waiting')]);
      return [SUMMARY];
    });
    expect(outcome).toEqual({ status: 'rewritten', kept: 1 });
    expect(given).toEqual([[...CONVERSATION, user('e'), assistant('f')]]);
    expect(await other.getItems()).toEqual([SUMMARY, ...waiting, result('waiting')]);
  });

  test('once answered it is handed over', async () => {
    const { session, other } = await sessionWith([user('a'), call('1')]);
    await compactSession(session, () => [SUMMARY]);
    await other.addItems([result('1')]);
    await compactSession(
      session,
      (items) => (expect(items.slice(1)).toEqual([call('1'), result('1')]), [SUMMARY]),
    );
    expect(await other.getItems()).toEqual([SUMMARY]);
  });

  test('a result in front of it is of another call with its id', async () => {
    const { session, other } = await sessionWith([result('1'), user('b'), call('1')]);
    const given: AgentInputItem[][] = [];
    await compactSession(session, (items) => {
      given.push(items);
      return [SUMMARY];
    });
    expect(given).toEqual([[result('1'), user('b')]]);
    expect(await other.getItems()).toEqual([SUMMARY, call('1')]);
  });

  test('a history of nothing else is declined', async () => {
    const { session } = await sessionWith([call('1')]);
    const shorten = jest.fn();
    expect(await compactSession(session, shorten)).toEqual({ status: 'declined' });
    expect(shorten).not.toHaveBeenCalled();
  });

  test('whatever the history, every item is handed over or kept, and nothing is separated', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false }), async ({ items, groups }) => {
        // Equal items are told apart by their place.
        const numbered = items.map((item, place) => ({ ...item, place }) as unknown as AgentInputItem);
        const placeOf = (item: AgentInputItem): number => (item as unknown as { place?: number }).place ?? -1;
        const { session } = await sessionWith(numbered);
        let handedOver: AgentInputItem[] = [];
        await compactSession(session, (settled) => {
          handedOver = settled;
          return [SUMMARY];
        });
        const kept = (await session.getItems()).filter((item) => placeOf(item) >= 0);
        const places = [...handedOver, ...kept].map(placeOf);
        expect([...places].sort((a, b) => a - b)).toEqual(items.map((_, place) => place));
        expect(kept.map(placeOf)).toEqual(kept.map(placeOf).sort((a, b) => a - b));
        for (const group of groups) {
          const inKept = group.filter((item) => kept.some((each) => placeOf(each) === items.indexOf(item)));
          if (handedOver.length > 0) expect([0, group.length]).toContain(inKept.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('by the SDK’s compaction session, on a copy', () => {
  type CompactRequest = { model: string; input: unknown };

  function fakeClient(
    output: unknown[] | Error,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): { client: OpenAIClient; requests: CompactRequest[] } {
    const requests: CompactRequest[] = [];
    const compact = async (request: CompactRequest): Promise<unknown> => {
      requests.push(request);
      await meanwhile();
      if (output instanceof Error) throw output;
      return { output, usage: {} };
    };
    return { client: { responses: { compact } } as unknown as OpenAIClient, requests };
  }

  function compaction(client: OpenAIClient, args?: { force: boolean }) {
    return onMemoryCopy((copy: Session) =>
      new OpenAIResponsesCompactionSession({
        client,
        model: 'gpt-5.5',
        underlyingSession: copy,
      }).runCompaction(args),
    );
  }

  const output = [
    { id: 'm', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    { id: 'c', type: 'compaction', encrypted_content: 'all of it' },
  ];

  test('the client is asked once, with the SDK’s conversion, and its answer takes the place', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const { client, requests } = fakeClient(output);
    const outcome = await compactSession(session, compaction(client, { force: true }));
    expect(outcome).toEqual({ status: 'rewritten', kept: 0 });
    expect(requests).toMatchObject([
      { model: 'gpt-5.5', input: [{ role: 'user' }, { role: 'assistant' }, {}, {}] },
    ]);
    expect(await other.getItems()).toEqual(output);
  });

  test('it works in a scope, where the same class around the session does not', async () => {
    const scope = ({ context }: RunContext): string => (context as { tenant: string }).tenant;
    const session = new StoredSession(new MemoryStore(), { scope });
    const [ours, theirs] = ['acme', 'other'].map((tenant) => new RunContext({ tenant }));
    await session.addItems(CONVERSATION, ours);
    await session.addItems(CONVERSATION, theirs);
    const { client } = fakeClient(output);
    const wrapper = new OpenAIResponsesCompactionSession({ client, underlyingSession: session });
    await expect(wrapper.getItems()).rejects.toMatchObject({
      code: 'MISSING_SCOPE',
      message: expect.stringMatching(
        /OpenAIResponsesCompactionSession.*compactSession with onMemoryCopy/,
      ) as string,
    });
    await compactSession(session, compaction(client, { force: true }), ours);
    expect(await session.getItems(undefined, ours)).toEqual(output);
    expect(await session.getItems(undefined, theirs)).toEqual(CONVERSATION);
  });

  test('its threshold decides', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const { client, requests } = fakeClient(output);
    expect(await compactSession(session, compaction(client))).toEqual({ status: 'declined' });
    expect(requests).toEqual([]);
    await other.addItems(Array.from({ length: 10 }, (_, n) => assistant(`${n}`)));
    expect(await compactSession(session, compaction(client))).toMatchObject({ status: 'rewritten' });
    expect(requests).toHaveLength(1);
    expect(await other.getItems()).toEqual(output);
  });

  test('when the client fails, or answers with nothing, nothing changes', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const failing = compaction(fakeClient(new Error('503')).client, { force: true });
    await expect(compactSession(session, failing)).rejects.toThrow('503');
    const empty = compaction(fakeClient([]).client, { force: true });
    await expect(compactSession(session, empty)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await other.getItems()).toEqual(CONVERSATION);
  });

  test('items that others append meanwhile are kept behind', async () => {
    const { session, other } = await sessionWith(CONVERSATION);
    const { client } = fakeClient(output, () => other.addItems([user('e')]));
    const outcome = await compactSession(session, compaction(client, { force: true }));
    expect(outcome).toEqual({ status: 'rewritten', kept: 1 });
    expect(await other.getItems()).toEqual([...output, user('e')]);
  });
});
