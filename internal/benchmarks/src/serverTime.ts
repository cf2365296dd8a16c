/**
 * The server's time for one append, by `INFO commandstats`: that of the session's commit script beside the least script
 * that recognises a commit that is tried again. `npx tsx packages/benchmarks/src/serverTime.ts` prints it, in µs.
 */
import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisStore } from '@agent-sessions/session-redis';
import { createClient } from 'redis';
import { turn } from './items';

const TTL_SECONDS = 3_600;
const ROUNDS = 15;
const APPENDS = 20;
/** How many appends were made to a session before those that are measured. */
const LENGTHS = [0, 10, 100, 400, 1_000];

const MINIMAL = `
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return known end
local length = redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], length)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return length
`;

type Append = (id: string, records: string[]) => Promise<unknown>;

const engine = await startRedis({});
const client = await createClient({ url: engine.url }).connect();
const sha1 = await client.scriptLoad(MINIMAL);
const commitId = (): string => randomUUID().slice(0, 22);

function minimal(ttlSeconds: number): Append {
  return (id, records) =>
    client.evalSha(sha1, {
      keys: [`minimal:{${id}}:items`, `minimal:{${id}}:meta`],
      arguments: [commitId(), `${ttlSeconds * 1_000}`, ...records],
    });
}

function session(options: { readonly ttlSeconds?: number }): Append {
  const store = new RedisStore({ client, keyPrefix: 'session', ...options });
  return (id, append) => store.commit(id, { idempotencyKey: commitId(), append });
}

const records = turn(0).map((item) => JSON.stringify(item));

async function serverTime(append: Append, length: number): Promise<number> {
  const id = randomUUID();
  for (let count = 0; count < length; count++) await append(id, records);
  await client.configResetStat();
  for (let count = 0; count < APPENDS; count++) await append(id, records);
  const stats = await client.info('commandstats');
  return Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(stats)?.[1]) / APPENDS;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

const kinds: Record<string, Append> = {
  minimal: minimal(TTL_SECONDS),
  'RedisStore with ttl': session({ ttlSeconds: TTL_SECONDS }),
  'RedisStore without': session({}),
};
for (const length of LENGTHS) {
  const times = new Map(Object.keys(kinds).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, append] of Object.entries(kinds))
      times.get(name)?.push(await serverTime(append, length));
  }
  const medians = [...times].map(([name, all]) => [name, median(all)] as const);
  const least = medians[0]?.[1] ?? NaN;
  const shown = medians.map(([name, us]) => `${name} ${us.toFixed(1)} (${(us / least).toFixed(2)} x)`);
  console.log(`after ${length} appends: ${shown.join(', ')}`);
}
await client.close();
await engine.stop();
