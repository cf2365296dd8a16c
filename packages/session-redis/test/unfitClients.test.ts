import type { SessionError } from '@agent-sessions/session-core';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { RedisSession, RedisStore, type RedisClientAdapter, type RedisStoreOptions } from '../src';

const nothing = (): void => undefined;
const withMethods = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, nothing]));

/** Each by the methods that clients of this kind have, as read off them. */
test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /it is undefined/],
  ['null', null, /it is null/],
  ['a URL', 'redis://localhost', /text: .*fromUrl/],
  ['a function', createClient, /a function/],
  ['a promise of a client', Promise.resolve(), /a promise: await it/],
  ['a legacy client', createClient().legacy(), /legacy/],
  [
    'createClient of redis 4',
    withMethods('commandOptions', 'sendCommand', 'multi', 'hSet', 'evalSha', 'executeIsolated'),
    /redis 4.*upgrade/,
  ],
  ['createCluster of redis 4', withMethods('sendCommand', 'multi', 'hSet', 'evalSha'), /redis 4.*upgrade/],
  ['a pipeline of ioredis', new Redis({ lazyConnect: true }).pipeline(), /pipeline of ioredis/],
  ['valkey-glide', withMethods('customCommand', 'invokeScript'), /valkey-glide.*RedisClientAdapter/],
  ['Upstash', withMethods('evalsha', 'createScript', 'pipeline', 'multi'), /upstash.*HTTP/],
  ['something else', { get: nothing }, /none of these/],
])('%s is refused, and told what it is', (_what, client, words) => {
  for (const create of [
    (options: RedisStoreOptions) => new RedisStore(options),
    (options: RedisStoreOptions) => new RedisSession(options),
  ]) {
    expect(() => create({ client: client as never })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(words) as string,
      }) as SessionError,
    );
  }
});

test('waitForReplicas is refused with an adapter that cannot ask them', () => {
  const client: RedisClientAdapter = { run: () => Promise.resolve(), kindOf: () => 'bug' };
  expect(() => new RedisStore({ client })).not.toThrow();
  expect(() => new RedisStore({ client, waitForReplicas: 1 })).toThrow(
    expect.objectContaining({ code: 'STORE_MISCONFIGURED' }) as SessionError,
  );
});

test('fromUrl without the package redis says what to install', async () => {
  jest.doMock('redis', () => {
    throw Object.assign(new Error("Cannot find module 'redis'"), { code: 'MODULE_NOT_FOUND' });
  });
  await jest.isolateModulesAsync(async () => {
    const isolated = await import('../src');
    await expect(isolated.RedisSession.fromUrl('redis://localhost')).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: expect.stringContaining('npm install redis') as string,
    });
  });
  jest.dontMock('redis');
});
