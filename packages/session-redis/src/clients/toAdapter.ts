import { SessionError } from '@agent-sessions/session-core/store';
import type { RedisClientAdapter } from './adapter';
import { IORedisAdapter } from './ioRedis';
import { isIORedis, type IORedisClient } from './ioRedisClient';
import { NodeRedisAdapter } from './nodeRedis';
import { isNodeRedis, type NodeRedisClient } from './nodeRedisClient';

/** What a session takes as its client. */
export type RedisSessionClient = NodeRedisClient | IORedisClient | RedisClientAdapter;

/** Clients that do not fit, by methods that only they have. */
const UNFIT: readonly (readonly [what: string, methods: readonly string[], advice: string])[] = [
  [
    'a client of redis 4, or a legacy one',
    ['sendCommand', 'hSet'],
    'upgrade redis to 6.3, or pass the client that legacy() was called on',
  ],
  [
    'a client of valkey-glide',
    ['customCommand', 'invokeScript'],
    'pass a RedisClientAdapter for it, which is a page',
  ],
  [
    'a client of @upstash/redis, which speaks HTTP',
    ['evalsha', 'createScript'],
    'connect to the same database with redis or ioredis, or pass a RedisClientAdapter for it',
  ],
  ['a pipeline of ioredis', ['callBuffer', 'exec'], 'pass the client that it is of'],
];

/** One for each client, however many sessions there are on it. */
const adapters = new WeakMap<object, RedisClientAdapter>();

/**
 * The adapter of a client, told by its methods, for a client may come from another copy of its package.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function toAdapter(client: unknown): RedisClientAdapter {
  if (typeof client === 'object' && client !== null) {
    if (isAdapter(client)) return client;
    const adapter = adapters.get(client) ?? newAdapter(client);
    if (adapter !== undefined) return adapter;
  }
  throw new SessionError(
    'INVALID_ARGUMENT',
    `client must be a client of redis 5 or 6, or of ioredis 5 or 6, or a RedisClientAdapter; it is ${describe(client)}`,
  );
}

function newAdapter(client: object): RedisClientAdapter | undefined {
  let adapter: RedisClientAdapter | undefined;
  if (isNodeRedis(client)) adapter = new NodeRedisAdapter(client);
  else if (isIORedis(client)) adapter = new IORedisAdapter(client);
  if (adapter !== undefined) adapters.set(client, adapter);
  return adapter;
}

function isAdapter(client: object): client is RedisClientAdapter {
  const { run, kindOf } = client as Partial<RedisClientAdapter>;
  return typeof run === 'function' && typeof kindOf === 'function';
}

/** What it is, by its shape, and what to do. */
function describe(client: unknown): string {
  if (client === null || client === undefined) return `${client}`;
  if (typeof client === 'string') return 'text: for a URL, RedisSession.fromUrl';
  if (client instanceof Promise) return 'a promise: await it';
  if (typeof client !== 'object') return `a ${typeof client}`;
  const has = (name: string): boolean => typeof (client as Record<string, unknown>)[name] === 'function';
  const [what, , advice] = UNFIT.find(([, methods]) => methods.every(has)) ?? [];
  return what === undefined ? 'an object that is none of these' : `${what}: ${advice}`;
}
