import { localClientConfig } from '@agent-sessions/engines';
import type { StoredSession } from '@agent-sessions/session-core';
import { DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { RedisSession } from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClient } from 'redis';
import type { BackendName } from '../src/backends';

export interface WatchedSession {
  readonly session: StoredSession;
  close(): Promise<void>;
}

/** A session whose requests to the server are counted, from 1: `watch` is called before each, and after the last. */
export async function openWatched(
  name: BackendName,
  place: string,
  sessionId: string,
  watch: (request: number) => void,
): Promise<WatchedSession> {
  let requests = 0;
  const watched = async <T>(send: () => Promise<T>): Promise<T> => {
    watch(++requests);
    return send();
  };

  if (name === 'dynamodb') {
    const client = new DynamoDBClient(localClientConfig(process.env['DYNAMODB_ENDPOINT'] ?? ''));
    client.middlewareStack.add((next) => (args) => watched(() => next(args)), { step: 'initialize' });
    return {
      session: new DynamoDBSession({ client, tableName: place, sessionId }),
      close: () =>
        watched(() => {
          client.destroy();
          return Promise.resolve();
        }),
    };
  }
  if (name !== 'redis') throw new Error(`${name} sends no requests`);
  const client = createClient({ url: process.env['REDIS_URL'] ?? '' });
  client.on('error', () => undefined);
  await client.connect();
  type Commands = ReturnType<typeof client.withCommandOptions>;
  const watchedClient = {
    withCommandOptions: (options: Parameters<typeof client.withCommandOptions>[0]): Commands =>
      new Proxy(client.withCommandOptions(options), {
        get(target, command) {
          const member: unknown = Reflect.get(target, command, target);
          if (typeof member !== 'function') return member;
          const send = member as (...args: unknown[]) => Promise<unknown>;
          return (...args: unknown[]) => watched(() => send.apply(target, args));
        },
      }),
  };
  return {
    session: new RedisSession({ client: watchedClient, keyPrefix: place, sessionId }),
    close: () => watched(() => client.close()),
  };
}
