/**
 * The server's time for one append, by `INFO commandstats`: that of the session's commit script beside the least script
 * that recognises a commit that is tried again, in one run, taking turns. `npx tsx src/serverTime.ts` prints it, in µs.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisStore } from '@agent-sessions/session-redis';
import { createClient } from 'redis';
import { turn } from './items';

const TTL_SECONDS = 3_600;
const ROUNDS = 15;
const APPENDS = 20;
/** How many appends were made to a session before those that are measured. */
const LENGTHS = [0, 10, 100, 400, 1_000];
/** What each append appends. */
const RECORDS: Readonly<Record<string, readonly string[]>> = {
  '2 items of 877 bytes': ['user', 'assistant'].map((role) => {
    const rest = JSON.stringify({ role, content: '' }).length;
    return JSON.stringify({ role, content: 'x'.repeat(877 - rest) });
  }),
  'the 4 items of a turn': turn(0).map((item) => JSON.stringify(item)),
};

const MINIMAL = `
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return known end
local length = redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], length)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return length
`;

type Append = (id: string, records: readonly string[]) => Promise<unknown>;

const engine = await startRedis({});
const client = await createClient({ url: engine.url }).connect();
const sha1 = await client.scriptLoad(MINIMAL);
const commitId = (): string => randomBytes(16).toString('base64url');

const minimal: Append = (id, records) =>
  client.evalSha(sha1, {
    keys: [`minimal:{${id}}:items`, `minimal:{${id}}:meta`],
    arguments: [commitId(), `${TTL_SECONDS * 1_000}`, ...records],
  });

function session(options: { readonly ttlSeconds?: number }): Append {
  const store = new RedisStore({ client, keyPrefix: 'session', ...options });
  return (id, append) => store.commit(id, { idempotencyKey: commitId(), append });
}

async function serverTime(append: Append, records: readonly string[], length: number): Promise<number> {
  const id = randomUUID();
  await Promise.all(Array.from({ length }, () => append(id, records)));
  await client.configResetStat();
  for (let count = 0; count < APPENDS; count++) await append(id, records);
  const stats = await client.info('commandstats');
  return Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(stats)?.[1]) / APPENDS;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

const kinds: readonly (readonly [name: string, append: Append])[] = [
  ['minimal', minimal],
  ['RedisStore with ttl', session({ ttlSeconds: TTL_SECONDS })],
  ['RedisStore without', session({})],
];
for (const [what, records] of Object.entries(RECORDS)) {
  for (const length of LENGTHS) {
    const times = new Map(kinds.map(([name]) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (let place = 0; place < kinds.length; place++) {
        const [name, append] = kinds[(place + round) % kinds.length] ?? ['minimal', minimal];
        times.get(name)?.push(await serverTime(append, records, length));
      }
      await client.flushAll();
    }
    const medians = [...times].map(([name, all]) => [name, median(all)] as const);
    const least = medians[0]?.[1] ?? NaN;
    const shown = medians.map(([name, us]) => `${name} ${us.toFixed(1)} (${(us / least).toFixed(2)} x)`);
    console.log(`${what}, after ${length} appends: ${shown.join(', ')}`);
  }
}
await client.close();
await engine.stop();
