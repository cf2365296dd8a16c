import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Runner, type Model } from '@openai/agents';
import { createAgent } from './agent';
import { Answers } from './answers';
import { createApp } from './app';
import { Chats } from './chats';
import { openChatSessions, type Backend } from './sessions';

export interface ChatServerOptions {
  readonly backend: Backend;
  /** Of the engine. */
  readonly address: string;
  /** Default: the SDK's default model, by OPENAI_API_KEY. */
  readonly model?: Model | undefined;
  /** The folder of the page. */
  readonly page: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface ChatServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startChatServer(options: ChatServerOptions): Promise<ChatServer> {
  const { backend, address, model, page, port } = options;
  const sessions = await openChatSessions(backend, address);
  const answers = new Answers(new Runner({ tracingDisabled: true }), createAgent(model));
  const { fetch } = createApp(new Chats(sessions, answers), answers, page);
  const server = createAdaptorServer({ fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The login is a stub: no other machine may reach this.
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await sessions.close();
    },
  };
}
