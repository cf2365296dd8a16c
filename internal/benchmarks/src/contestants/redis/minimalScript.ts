import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { toText } from '../json';
import { listConversation } from './list';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

/** The least that knows a commit that is tried again: two keys, one commit id, both deadlines. */
const SCRIPT = `
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return known end
local length = redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], length)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return length
`;

export const minimalScript: RedisContestant = {
  name: 'minimal script',
  kind: 'minimal script',
  does: 'one EVALSHA that checks one commit id, then RPUSH and both expiries; LRANGE and JSON.parse',
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    const sha = await client.scriptLoad(SCRIPT);
    return {
      open: (id) => {
        const keys: [string, string] = [`minimal:{${id}}:items`, `minimal:{${id}}:meta`];
        return listConversation(client, keys[0], (items) => {
          const commitId = randomUUID().slice(0, 22);
          const values = [commitId, `${TTL_SECONDS * 1_000}`, ...items.map(toText)];
          return client.evalSha(sha, { keys, arguments: values });
        });
      },
      close: () => client.close(),
    };
  },
};
