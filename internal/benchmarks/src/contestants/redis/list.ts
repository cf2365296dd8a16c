import type { AgentInputItem } from '@openai/agents';
import { fromText } from '../json';
import type { Conversation } from '../contestant';

/** What `redis` can do with lists. */
interface ListClient {
  lRange(key: string, start: number, stop: number): Promise<string[]>;
}

/** A conversation in a list with an element of JSON per item, as everybody writes it who uses lists: appends differ. */
export function listConversation(
  client: ListClient,
  key: string,
  append: (items: AgentInputItem[]) => Promise<unknown>,
): Conversation {
  const read = async (start: number) => (await client.lRange(key, start, -1)).map(fromText);
  return {
    append,
    readAll: () => read(0),
    readLast: (count) => read(-count),
  };
}
