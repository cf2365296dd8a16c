import { createHash } from 'node:crypto';
import { localClientConfig } from '@agent-sessions/engines';
import {
  MemoryStore,
  SessionIndex,
  StoredSession,
  type SessionIndexOptions,
  type SessionOptions,
} from '@agent-sessions/session-core';
import { encryptWith } from '@agent-sessions/session-core/encryption';
import {
  createTableIfNotExists,
  DynamoDBSession,
  DynamoDBSessionIndex,
} from '@agent-sessions/session-dynamodb';
import { RedisSession, RedisSessionIndex, type NodeRedisClient } from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClient } from 'redis';

interface BackendSessionOptions extends SessionOptions {
  readonly ttlSeconds?: number;
  readonly timeoutMs?: number;
}

/** One kind of session on one real engine, in a place of its own. */
export interface Backend {
  session(options?: BackendSessionOptions): StoredSession;
  index(options: SessionIndexOptions): SessionIndex;
  close(): Promise<void>;
}

export type BackendName = 'memory' | 'redis' | 'dynamodb';

/** The backends that several processes can share. */
export const DURABLE: readonly BackendName[] = ['redis', 'dynamodb'];
export const ALL: readonly BackendName[] = ['memory', ...DURABLE];

/** Is told of each request right before it is sent, by its number, from 1, and then of the close. */
type Watch = (request: number) => void;

/**
 * Opens a backend on the engine that `REDIS_URL` or `DYNAMODB_ENDPOINT` names. Processes that pass the same `place` share
 * their sessions. Only the requests of sessions are watched, and memory sends none.
 */
export async function openBackend(name: BackendName, place: string, watch?: Watch): Promise<Backend> {
  switch (name) {
    case 'memory':
      return openMemory();
    case 'redis':
      return openRedis(place, watch && counting(watch));
    case 'dynamodb':
      return openDynamoDB(place, watch && counting(watch));
  }
}

function counting(watch: Watch): () => void {
  let requests = 0;
  return () => watch(++requests);
}

/** What the name of a place begins with whose sessions encrypt and compress, unless they say otherwise. */
const ENCRYPTED = 'encrypted-';

/** A place that no other test uses. Jest's configuration says whether its sessions encrypt. */
export function newPlace(): string {
  const { areEncrypted = false } = globalThis as { areEncrypted?: boolean };
  return `${areEncrypted ? ENCRYPTED : 'acceptance-'}${globalThis.crypto.randomUUID()}`;
}

/** The same keys in every process that shares the place. */
function settingsOf(place: string): Pick<SessionOptions, 'encryption' | 'compression'> {
  if (!place.startsWith(ENCRYPTED)) return {};
  const encryption = encryptWith({ keys: [keyOf('key', place)], digestKey: keyOf('digests', place) });
  return { encryption, compression: true };
}

function keyOf(purpose: string, place: string): Uint8Array {
  return createHash('sha256').update(`${purpose} ${place}`).digest();
}

/**
 * Every other object of a session compresses, from the first one on, unless the options say which: whoever goes on with what
 * the others stored must not tell the difference.
 */
function compressingInTurn(): (options?: BackendSessionOptions) => BackendSessionOptions {
  const opened = new Map<string | undefined, number>();
  return (options = {}) => {
    const { sessionId } = options;
    const before = opened.get(sessionId) ?? 0;
    opened.set(sessionId, before + 1);
    return { compression: before % 2 === 0, ...options };
  };
}

function openMemory(): Backend {
  const store = new MemoryStore();
  const inTurn = compressingInTurn();
  return {
    session: (options) => new StoredSession(store, inTurn(options)),
    index: (options) => new SessionIndex(store, options),
    close: () => Promise.resolve(),
  };
}

async function openRedis(keyPrefix: string, beforeRequest?: () => void): Promise<Backend> {
  const client = createClient({ url: named('REDIS_URL') });
  client.on('error', () => undefined);
  await client.connect();
  const sessionClient = beforeRequest === undefined ? client : watched(client, beforeRequest);
  const settings = settingsOf(keyPrefix);
  const inTurn = compressingInTurn();
  return {
    session: (options) =>
      new RedisSession({ ...settings, ...inTurn(options), client: sessionClient, keyPrefix }),
    index: (options) => new RedisSessionIndex({ ...settings, ...options, client: sessionClient, keyPrefix }),
    close: () => {
      beforeRequest?.();
      return client.close();
    },
  };
}

function watched(client: NodeRedisClient, beforeRequest: () => void): NodeRedisClient {
  return {
    withCommandOptions: (options) =>
      new Proxy(client.withCommandOptions(options), {
        get(target, command) {
          const member: unknown = Reflect.get(target, command, target);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]): unknown => {
            beforeRequest();
            return Reflect.apply(member, target, args) as unknown;
          };
        },
      }),
  };
}

async function openDynamoDB(tableName: string, beforeRequest?: () => void): Promise<Backend> {
  const client = new DynamoDBClient(localClientConfig(named('DYNAMODB_ENDPOINT')));
  await createTableIfNotExists(client, tableName);
  client.middlewareStack.add(
    (next) => (args) => {
      beforeRequest?.();
      return next(args);
    },
    { step: 'initialize' },
  );
  const settings = settingsOf(tableName);
  const inTurn = compressingInTurn();
  return {
    session: (options) => new DynamoDBSession({ ...settings, ...inTurn(options), client, tableName }),
    index: (options) => new DynamoDBSessionIndex({ ...settings, ...options, client, tableName }),
    close: () => {
      beforeRequest?.();
      client.destroy();
      return Promise.resolve();
    },
  };
}

function named(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`${variable} names no engine`);
  return value;
}
