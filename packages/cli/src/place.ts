import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SessionEncryption } from '@agent-sessions/session-core/encryption';
import type { StorageFinding } from '@agent-sessions/session-core/moving';
import type { SessionIndex, SessionOptions, StoredSession } from '@agent-sessions/session-core';
import { DynamoDBSession, DynamoDBSessionIndex } from '@agent-sessions/session-dynamodb';
import * as dynamodbMoving from '@agent-sessions/session-dynamodb/moving';
import { RedisSession, RedisSessionIndex } from '@agent-sessions/session-redis';
import * as redisMoving from '@agent-sessions/session-redis/moving';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { createClient } from 'redis';
import { positiveInteger, type Options } from './commandLine';
import { UsageError } from './exitCode';

/** Where sessions are, as the options name it. */
export interface Place {
  session(sessionId: string): StoredSession;
  index(): SessionIndex;
  python(sessionId: string, writtenBy: string, keyPrefix: string | undefined): Promise<AgentInputItem[]>;
  verify(sessionId: string): Promise<StorageFinding[]>;
  close(): Promise<void>;
}

interface Address {
  readonly redis: string | undefined;
  readonly dynamodb: string | undefined;
  readonly prefix: string | undefined;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly encryption: string | undefined;
}

/** A scope is asked for its name in every call, and needs no more of the run. */
export const RUN_CONTEXT = {} as unknown as RunContext;

/** @throws `UsageError` */
export async function openPlace(options: Options): Promise<Place> {
  const { redis, dynamodb, prefix, region, endpoint, encryption } = options;
  return open('', options, { redis, dynamodb, prefix, region, endpoint, encryption });
}

/** Where sessions are copied to. @throws `UsageError` */
export async function openTarget(options: Options): Promise<Place> {
  return open('to-', options, {
    redis: options['to-redis'],
    dynamodb: options['to-dynamodb'],
    prefix: options['to-prefix'],
    region: options['to-region'],
    endpoint: options['to-endpoint'],
    encryption: options['to-encryption'],
  });
}

async function open(which: string, options: Options, address: Address): Promise<Place> {
  const { redis, dynamodb } = address;
  if ((redis === undefined) === (dynamodb === undefined)) {
    throw new UsageError(`say either --${which}redis URL or --${which}dynamodb TABLE`);
  }
  const shared = {
    ...sessionOptions(options, await encryptionIn(address.encryption)),
    ...(address.prefix !== undefined && { keyPrefix: address.prefix }),
    ttlSeconds: positiveInteger('ttl', options.ttl),
  };
  const ofIndex = { owner: options.owner, scope: options.scope };
  return redis === undefined
    ? openDynamoDB(dynamodb ?? '', address, shared, ofIndex)
    : openRedis(redis, shared, ofIndex);
}

type Shared = SessionOptions & { readonly keyPrefix?: string; readonly ttlSeconds: number | undefined };
type OfIndex = { readonly owner: string | undefined; readonly scope: string | undefined };

function openRedis(url: string, shared: Shared, ofIndex: OfIndex): Place {
  const placed = { keyPrefix: shared.keyPrefix, scope: ofIndex.scope };
  const client = createClient({ url }).on('error', () => undefined);
  // The client goes on trying for ever; its sessions tell by their own time limit that there is no connection.
  const connected = client.connect().catch(() => undefined);
  return {
    session: (sessionId) => new RedisSession({ ...shared, client, sessionId }),
    index: () => new RedisSessionIndex({ ...shared, ...ofIndex, client }),
    python: (sessionId, writtenBy, keyPrefix) =>
      redisMoving.readPythonItems({
        client,
        sessionId,
        keyPrefix,
        writtenBy: writtenBy as redisMoving.PythonPackage,
      }),
    verify: (sessionId) => redisMoving.verifySession({ ...placed, client, sessionId }),
    close: async () => {
      client.destroy();
      await connected;
    },
  };
}

function openDynamoDB(
  tableName: string,
  { region, endpoint }: Address,
  shared: Shared,
  ofIndex: OfIndex,
): Place {
  const placed = { keyPrefix: shared.keyPrefix, scope: ofIndex.scope };
  const client = new DynamoDBClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  });
  return {
    session: (sessionId) => new DynamoDBSession({ ...shared, client, tableName, sessionId }),
    index: () => new DynamoDBSessionIndex({ ...shared, ...ofIndex, client, tableName }),
    python: (sessionId, writtenBy) => {
      if (writtenBy === 'openai-agents-session') {
        return dynamodbMoving.readPythonItems({ client, tableName, sessionId });
      }
      throw new UsageError('of packages for Python, openai-agents-session alone stores sessions in DynamoDB');
    },
    verify: (sessionId) => dynamodbMoving.verifySession({ ...placed, client, tableName, sessionId }),
    close: async () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

function sessionOptions(
  { scope, owner }: Options,
  encryption: SessionEncryption | undefined,
): Pick<SessionOptions, 'scope' | 'index' | 'encryption'> {
  return {
    ...(scope !== undefined && { scope: () => scope }),
    ...(owner !== undefined && { index: { owner } }),
    ...(encryption !== undefined && { encryption }),
  };
}

async function encryptionIn(file: string | undefined): Promise<SessionEncryption | undefined> {
  if (file === undefined) return undefined;
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as {
      readonly default?: SessionEncryption;
    };
    if (module.default !== undefined) return module.default;
  } catch {
    // what it says may hold keys
  }
  throw new UsageError(
    '--encryption must be the file of a module whose default export is what encryptWith returns',
  );
}
