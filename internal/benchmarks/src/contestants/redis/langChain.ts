import { ToolMessage } from '@langchain/core/messages';
import { RedisChatMessageHistory } from '@langchain/redis';
import { langChainMessages } from '../langChainMessages';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

/** It brings `redis` 4 along. */
export const langChain: RedisContestant = {
  name: 'LangChain',
  kind: 'peer',
  does: 'RedisChatMessageHistory: addMessages, getMessages',
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    // Histories of one configuration object share a connection.
    const config = { url };
    const messagesOf = langChainMessages(
      (content, callId) => new ToolMessage({ content, tool_call_id: callId }),
    );
    const open = (id: string) =>
      new RedisChatMessageHistory({ sessionId: `langchain:${id}`, sessionTTL: TTL_SECONDS, config });
    const { client } = open('');
    await client.connect();
    return {
      open: (id) => {
        const history = open(id);
        return {
          append: (items) => history.addMessages(messagesOf(items)),
          readAll: () => history.getMessages(),
          readLast: async (count) => (await history.getMessages()).slice(-count),
        };
      },
      close: () => client.quit(),
    };
  },
};
