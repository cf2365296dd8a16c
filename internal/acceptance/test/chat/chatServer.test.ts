import { ChatClient, collect, textOf, type ChatEvent } from './client';
import { newUser, useChatServer } from './server';

const LISBON = 'I am going to Lisbon on Friday';

describe.each(['redis', 'dynamodb'] as const)('the chat server of the examples, on %s', (backend) => {
  const { words, url } = useChatServer(backend);
  let ada: ChatClient;

  beforeEach(async () => {
    words.hold();
    ada = await ChatClient.login(url(), newUser('Ada'));
  });

  test('answers, remembers, and lists the conversation by its first message', async () => {
    const id = await ada.begin(LISBON);
    const events = await ada.follow(id);
    words.allow(Infinity);
    const answer = textOf(await collect(events));
    expect(answer).toMatch(/^Lisbon on Friday, .* one message .* stays as it is\.$/);
    await ada.request('POST', `/${id}/messages`, { message: 'Do I need an umbrella?' });
    await ada.answered(id);
    const { title, entries, isAnswering } = await ada.read(id);
    expect({ title, isAnswering }).toEqual({ title: LISBON, isAnswering: false });
    expect(entries.map(({ kind, text, result }) => [kind, text ?? result])).toEqual([
      ['user', LISBON],
      ['assistant', answer],
      ['user', 'Do I need an umbrella?'],
      ['tool', 'rain, 14 °C'],
      ['assistant', expect.stringMatching(/^The forecast says rain/)],
    ]);
    expect((await ada.list()).chats).toMatchObject([{ id, title: LISBON, isFork: false, state: 'idle' }]);
  });

  test('an answer whose connection is dropped goes on, and is taken up from where it was', async () => {
    const id = await ada.begin(LISBON);
    words.allow(3);
    const seen: ChatEvent[] = [];
    for await (const event of await ada.follow(id)) {
      seen.push(event);
      if (seen.length === 3) break;
    }
    // Nobody follows it now.
    words.allow(2);
    const { entries, isAnswering } = await ada.read(id);
    expect({ kinds: entries.map(({ kind }) => kind), isAnswering }).toEqual({
      kinds: ['user'],
      isAnswering: true,
    });
    const secondTab = await ada.follow(id);
    const rest = await ada.follow(id, seen.at(-1)?.id);
    words.allow(Infinity);
    const whole = textOf([...seen, ...(await collect(rest))]);
    expect(textOf(seen)).toBe('Lisbon on Friday,');
    expect(textOf(await collect(secondTab))).toBe(whole);
    expect(whole).toMatch(/stays as it is\.$/);
    expect((await ada.read(id)).entries.at(-1)).toMatchObject({ kind: 'assistant', text: whole });
    expect(await collect(await ada.follow(id))).toEqual([]);
  });

  test('while an answer is under way, or an approval waits, there is no other message', async () => {
    const id = await ada.begin(LISBON);
    const send = async () =>
      (await ada.request('POST', `/${id}/messages`, { message: 'Book the train' })).status;
    expect(await send()).toBe(409);
    words.allow(Infinity);
    await ada.answered(id);
    expect(await send()).toBe(202);
    await ada.answered(id);
    expect(await send()).toBe(409);
    expect((await ada.list()).chats).toMatchObject([{ id, state: 'waiting' }]);
  });

  test('a run that was approved goes on, and nothing is both in the conversation and in the events', async () => {
    words.allow(Infinity);
    const id = await ada.beginAnswered('I am going to Rome on Sunday, please book the hotel');
    words.hold();
    const [run] = (await ada.read(id)).pendingRuns;
    const decisions = run?.approvals.map(({ callId }) => ({ callId, approve: true }));
    await ada.request('POST', `/${id}/decisions`, { runId: run?.id, decisions });
    const events = await ada.follow(id);
    words.allow(1);
    for await (const { delta } of await ada.follow(id)) if (delta !== undefined) break;
    // The Runner has stored the tool's result by now.
    expect((await ada.read(id)).entries).toMatchObject([
      { kind: 'user' },
      { kind: 'tool', callId: 'call_1' },
    ]);
    expect((await ada.read(id)).entries[1]).not.toHaveProperty('result');
    words.allow(Infinity);
    const told = await collect(events);
    expect(told[0]).toMatchObject({ type: 'toolReturned' });
    const { entries, pendingRuns } = await ada.read(id);
    expect(entries.slice(1)).toMatchObject([
      { kind: 'tool', result: 'booked a room in Rome from Sunday, as call_1' },
      { kind: 'assistant', text: textOf(told) },
    ]);
    expect(pendingRuns).toEqual([]);
  });

  test('what is no message, or no name, is refused before anything is stored', async () => {
    for (const message of ['', ' \n', '\ud800', 'x'.repeat(10_001), 7, undefined]) {
      expect(await ada.request('POST', '', { message })).toMatchObject({ status: 400 });
    }
    expect(await ada.list()).toEqual({ chats: [] });
    for (const user of ['', ' ', '\udfff', 'x'.repeat(65)]) {
      const nobody = await ChatClient.login(url(), user);
      expect(await nobody.request('GET', '')).toMatchObject({ status: 401 });
    }
  });

  test('editing a message goes on from there in another conversation, and leaves the first as it was', async () => {
    words.allow(Infinity);
    const id = await ada.beginAnswered(LISBON);
    await ada.request('POST', `/${id}/messages`, { message: 'Do I need an umbrella?' });
    await ada.answered(id);
    const before = await ada.read(id);

    const edited = await ada.request('POST', `/${id}/edits`, {
      index: 2,
      message: 'Take me to Oslo on Monday',
    });
    const { id: forkId } = edited.body as { id: string };
    await ada.answered(forkId);
    const fork = await ada.read(forkId);
    expect(fork.title).toBe(LISBON);
    expect(fork.entries.slice(0, 2)).toEqual(before.entries.slice(0, 2));
    expect(fork.entries.slice(2).map(({ text }) => text)).toEqual([
      'Take me to Oslo on Monday',
      expect.stringMatching(/^Oslo on Monday, .* 2 messages /),
    ]);
    expect(await ada.read(id)).toEqual(before);
    expect((await ada.list()).chats).toMatchObject([
      { id: forkId, isFork: true },
      { id, isFork: false },
    ]);

    const first = await ada.request('POST', `/${id}/edits`, { index: 0, message: 'I am going to Rome' });
    const { id: anew } = first.body as { id: string };
    await ada.answered(anew);
    expect((await ada.read(anew)).title).toBe('I am going to Rome');
    expect((await ada.request('POST', `/${id}/edits`, { index: 1, message: 'Not mine' })).status).toBe(404);
  });

  test('nobody reaches the conversations of another user', async () => {
    words.allow(Infinity);
    const id = await ada.beginAnswered('I am going to Lisbon on Friday, please book the train');
    const { pendingRuns } = await ada.read(id);
    const { id: runId = '', approvals = [] } = pendingRuns[0] ?? {};
    const decisions = approvals.map(({ callId }) => ({ callId, approve: true }));
    const mallory = await ChatClient.login(url(), newUser('Mallory'));
    const attempts = await Promise.all([
      mallory.request('GET', `/${id}`),
      mallory.request('POST', `/${id}/messages`, { message: 'Hello' }),
      mallory.request('POST', `/${id}/again`),
      mallory.request('POST', `/${id}/edits`, { index: 0, message: 'Hello' }),
      mallory.request('POST', `/${id}/decisions`, { runId, decisions }),
    ]);
    expect(attempts.map(({ status }) => status)).toEqual([404, 404, 404, 404, 409]);
    expect((await mallory.list()).chats).toEqual([]);
    expect((await mallory.request('DELETE', '')).status).toBe(200);
    expect((await ada.read(id)).pendingRuns).toEqual(pendingRuns);

    words.hold();
    await ada.request('POST', `/${id}/decisions`, { runId, decisions });
    expect(await collect(await mallory.follow(id))).toEqual([]);
    const events = await ada.follow(id);
    words.allow(Infinity);
    expect(textOf(await collect(events))).toContain('booked a seat to Lisbon on Friday');
    expect((await fetch(`${url()}/api/chats/${id}`)).status).toBe(401);
  });

  test('erases everything of a user, an answer under way included', async () => {
    words.allow(Infinity);
    const waiting = await ada.beginAnswered('I am going to Rome on Sunday, please book the hotel');
    words.hold();
    const answering = await ada.begin(LISBON);
    const events = await ada.follow(answering);
    expect(await ada.request('DELETE', '')).toMatchObject({ status: 200, body: { sessions: 2 } });
    expect((await collect(events)).at(-1)).toMatchObject({ type: 'ended', failed: true });
    words.allow(Infinity);
    for (const id of [waiting, answering]) expect((await ada.request('GET', `/${id}`)).status).toBe(404);
    expect(await ada.list()).toEqual({ chats: [] });
    await ada.beginAnswered(LISBON);
    expect((await ada.list()).chats).toHaveLength(1);
  });

  test('lists conversations by pages, newest first', async () => {
    words.allow(Infinity);
    const ids: string[] = [];
    for (let count = 0; count < 14; count += 1) ids.unshift(await ada.beginAnswered(`Trip ${count}`));
    const first = await ada.list();
    const second = await ada.list(first.cursor);
    expect([...first.chats, ...second.chats].map(({ id }) => id)).toEqual(ids);
    expect([first.chats.length, second.cursor]).toEqual([12, undefined]);
  });
});
