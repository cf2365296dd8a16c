import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Backend } from '../../../../examples/chatServer/sessions';
import { ChatClient } from './client';
import { addressOf, newUser } from './server';

const SERVER = join(__dirname, '../../../../examples/chatServer/server.ts');

let server: ChildProcess | undefined;

/** The server as `npm run chat` starts it. Returns its address. */
async function start(backend: Backend, wordDelayMs: number): Promise<string> {
  const env = { ...process.env, OPENAI_API_KEY: '', CHAT_WORD_DELAY_MS: `${wordDelayMs}` };
  const args = ['--import', 'tsx', SERVER, backend, addressOf(backend), '0'];
  server = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  if (!server.stdout) throw new Error('no output');
  for await (const line of createInterface(server.stdout)) {
    const url = /^http:\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('The server has ended');
}

async function kill(): Promise<void> {
  if (server?.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}

afterEach(kill);

test.each(['redis', 'dynamodb'] as const)(
  'a chat server on %s that is killed loses neither a message nor what waits for approval',
  async (backend) => {
    const user = newUser('Ada');
    // So slow that no answer comes to an end, and none has begun.
    const before = await ChatClient.login(await start(backend, 3_600_000), user);
    const waiting = await before.beginAnswered(
      'I am going to Lisbon on Friday. Please book the train and the hotel',
    );
    const answering = await before.begin('I am going to Oslo on Monday');
    expect(await before.read(answering)).toMatchObject({ isAnswering: true });
    await kill();

    const after = await ChatClient.login(await start(backend, 0), user);
    expect((await after.list()).chats).toMatchObject([
      { id: answering, state: 'idle' },
      { id: waiting, state: 'waiting' },
    ]);
    const lost = await after.read(answering);
    expect({ kinds: lost.entries.map(({ kind }) => kind), isAnswering: lost.isAnswering }).toEqual({
      kinds: ['user'],
      isAnswering: false,
    });
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
  },
);
