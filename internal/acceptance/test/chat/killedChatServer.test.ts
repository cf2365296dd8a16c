import { ChatClient } from './client';
import { ChatProcess } from './chatProcess';
import { newUser, useChatServer } from './server';

describe.each(['redis', 'dynamodb'] as const)('a chat server on %s that is killed', (backend) => {
  const { words, url } = useChatServer(backend);
  let chat: ChatProcess | undefined;
  afterEach(() => chat?.end());

  test('is started again, and loses neither a message nor what waits for approval', async () => {
    const user = newUser('Ada');
    chat = new ChatProcess(backend);
    const killed = await chat.server();
    const before = await ChatClient.login(killed.url, user);
    const waiting = await before.beginAnswered(
      'I am going to Lisbon on Friday. Please book the train and the hotel',
    );
    const answering = await before.begin('I am going to Oslo on Monday');
    expect(await before.read(answering)).toMatchObject({ isAnswering: true });
    process.kill(killed.pid, 'SIGKILL');
    const started = await chat.server();
    expect(started.pid).not.toBe(killed.pid);
    expect((await (await ChatClient.login(started.url, user)).list()).chats).toMatchObject([
      { id: answering, state: 'idle' },
      { id: waiting, state: 'waiting' },
    ]);
    expect(await chat.end()).toBe(0);
    await expect(fetch(started.url)).rejects.toThrow();

    // And on a server whose answers come to an end.
    words.allow(Infinity);
    const after = await ChatClient.login(url(), user);
    const lost = await after.read(answering);
    expect(lost).toMatchObject({ entries: [{ kind: 'user' }], isAnswering: false });
    await after.request('POST', `/${answering}/again`);
    await after.answered(answering);
    expect((await after.read(answering)).entries.map(({ text }) => text)).toEqual([
      'I am going to Oslo on Monday',
      expect.stringMatching(/^Oslo on Monday/),
    ]);

    const [run] = (await after.read(waiting)).pendingRuns;
    const decisions = run?.approvals.map(({ callId, toolName }) => ({
      callId,
      approve: toolName === 'book_train',
    }));
    const decide = () => after.request('POST', `/${waiting}/decisions`, { runId: run?.id, decisions });
    const statuses = (await Promise.all([decide(), decide()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([202, 409]);
    await after.answered(waiting);
    const { entries, pendingRuns } = await after.read(waiting);
    expect(entries.map(({ text, result }) => text ?? result)).toEqual([
      'I am going to Lisbon on Friday. Please book the train and the hotel',
      expect.stringMatching(/^booked a seat to Lisbon on Friday, as call_/),
      'rejected by the user',
      expect.stringMatching(/^Here is how that went/),
    ]);
    expect(pendingRuns).toEqual([]);
  });
});
