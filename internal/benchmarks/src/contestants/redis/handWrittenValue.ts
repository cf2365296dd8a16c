import type { AgentInputItem } from '@openai/agents';
import { createClient } from 'redis';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

export const handWrittenValue: RedisContestant = {
  name: 'hand-written value',
  kind: 'hand-written',
  does: 'the conversation as one JSON value: GET, push, SET with EX; GET and JSON.parse',
  limit: REDIS_LIMIT,
  isOneValue: true,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    return {
      open: (id) => {
        const key = `hand-written-value:${id}`;
        const readAll = async () => JSON.parse((await client.get(key)) ?? '[]') as AgentInputItem[];
        return {
          append: async (items) => {
            const whole = [...(await readAll()), ...items];
            await client.set(key, JSON.stringify(whole), { expiration: { type: 'EX', value: TTL_SECONDS } });
          },
          readAll,
          readLast: async (count) => (await readAll()).slice(-count),
        };
      },
      close: () => client.close(),
    };
  },
};
