import type { TimeLimit } from '@agent-sessions/session-core/store';
import { messageOf } from '../errors';
import type { RedisScript } from '../scripts/script';

/** Runs a script by its digest, and by its text on a server that does not know it yet, if there is time left. */
export async function evalSha(
  { sha1, lua }: RedisScript,
  limit: TimeLimit,
  send: (command: 'evalsha' | 'eval', script: string) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await send('evalsha', sha1);
  } catch (error) {
    if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
    limit.signal.throwIfAborted();
    return send('eval', lua);
  }
}
