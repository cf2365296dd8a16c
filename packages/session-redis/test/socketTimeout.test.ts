import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createClient, SocketTimeoutError } from 'redis';
import { RedisSession, type RedisSessionClient } from '../src';

/** What docs/redis.md says of the settings of a client of `redis`, and what they do to sessions. */
const url = process.env['REDIS_URL'] ?? '';
const SOCKET_TIMEOUT_MS = 100;

const open = (client: RedisSessionClient) =>
  new RedisSession({ client, sessionId: 'a', keyPrefix: `test-${randomUUID()}` });

test('by default a client does not reconnect after a socket timeout, and is closed for good', async () => {
  const client = createClient({ url, socket: { socketTimeout: SOCKET_TIMEOUT_MS } });
  const failed = once(client, 'error');
  await client.connect();
  expect((await failed)[0]).toBeInstanceOf(SocketTimeoutError);
  expect(client.isOpen).toBe(false);
  await expect(open(client).getItems()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('with a reconnectStrategy it does, and sessions go on', async () => {
  const client = createClient({
    url,
    socket: { socketTimeout: SOCKET_TIMEOUT_MS, reconnectStrategy: () => 1 },
  });
  const failed = once(client, 'error');
  await client.connect();
  expect((await failed)[0]).toBeInstanceOf(SocketTimeoutError);
  expect(await open(client).getItems()).toEqual([]);
  client.destroy();
});
