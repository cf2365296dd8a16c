import type { AgentInputItem } from '@openai/agents';
import { itemsInJson } from '@agent-sessions/session-core/moving';
import { resolveStoreOptions, SessionError, type StoreOptions } from '@agent-sessions/session-core/store';
import { toAdapter, type RedisSessionClient } from '../clients/toAdapter';
import { OTHER_LAYOUTS, textsIn, type PythonPackage } from '../layout/otherLayouts';
import { READ_LIST } from '../scripts/otherLayout';
import { Tries } from '../tries';

export interface PythonRedisOptions extends Pick<StoreOptions, 'timeoutMs' | 'signal'> {
  readonly client: RedisSessionClient;
  readonly sessionId: string;
  /** The name on PyPI of the package whose `RedisSession` has written it. */
  readonly writtenBy: PythonPackage;
  /** Default that of the package: `agents:session`, or `openai_agents_session`. */
  readonly keyPrefix?: string | undefined;
}

/**
 * The items of a session that a package for Python has stored, as those of the SDK for JavaScript: see `fromResponsesItems`.
 * They are only read: pass them to `importItems`.
 *
 * @returns none where there is no such session
 * @throws `INVALID_ARGUMENT` for an item that is no JSON, or cannot be converted, and tells its place; the errors of a read.
 */
export async function readPythonItems(options: PythonRedisOptions): Promise<AgentInputItem[]> {
  const { sessionId, writtenBy } = options;
  if (!Object.hasOwn(OTHER_LAYOUTS, writtenBy) || typeof sessionId !== 'string') {
    throw new SessionError(
      'INVALID_ARGUMENT',
      `sessionId must be a string, and writtenBy one of ${Object.keys(OTHER_LAYOUTS).join(', ')}`,
    );
  }
  const layout = OTHER_LAYOUTS[writtenBy];
  const client = toAdapter(options.client);
  const tries = new Tries(client, resolveStoreOptions(options));
  const call = { keys: [layout.key(options.keyPrefix ?? layout.keyPrefix, sessionId)], arguments: [] };
  return itemsInJson(textsIn(await tries.read((limit) => client.run(READ_LIST, call, limit))));
}
