import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startChatServer, type ChatServer } from '../../../../examples/chatServer/chatServer';
import { ScriptedChatModel } from '../../../../examples/chatServer/scriptedModel';
import type { Backend } from '../../../../examples/chatServer/sessions';
import { Words } from './words';

const PAGE = join(__dirname, '../../../../examples/chatServer/page');

/** Starts the server of the example for the tests of the surrounding `describe`, with a model that says what `words` allows. */
export function useChatServer(backend: Backend): { words: Words; url: () => string } {
  const words = new Words();
  let server: ChatServer | undefined;
  beforeAll(async () => {
    server = await startChatServer({
      backend,
      address: addressOf(backend),
      model: new ScriptedChatModel(words.pace),
      page: PAGE,
      port: 0,
    });
  });
  afterAll(() => server?.close());
  return {
    words,
    url: () => {
      if (!server) throw new Error('The server is not there yet');
      return server.url;
    },
  };
}

function addressOf(backend: Backend): string {
  return process.env[backend === 'redis' ? 'REDIS_URL' : 'DYNAMODB_ENDPOINT'] ?? '';
}

/** A user whom no other test knows. */
export function newUser(name: string): string {
  return `${name} ${randomUUID()}`;
}
