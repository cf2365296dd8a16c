import { Buffer } from 'node:buffer';
import { SessionError } from '@agent-sessions/session-core/store';
import { unknownReply } from '../replies';

/** A package for Python that keeps sessions in Redis, by its name on PyPI. */
export type PythonPackage = 'openai-agents' | 'openai-agents-session';

interface OtherLayout {
  readonly keyPrefix: string;
  /** The list of the session's items, as JSON. */
  readonly key: (prefix: string, sessionId: string) => string;
}

/**
 * https://github.com/openai/openai-agents-python/blob/main/src/agents/extensions/memory/redis_session.py and
 * https://github.com/xncbf/openai-agents-session/blob/main/src/openai_agents_session/redis.py
 */
export const OTHER_LAYOUTS: Readonly<Record<PythonPackage, OtherLayout>> = {
  'openai-agents': {
    keyPrefix: 'agents:session',
    key: (prefix, sessionId) => `${prefix}:${sessionId}:messages`,
  },
  'openai-agents-session': {
    keyPrefix: 'openai_agents_session',
    key: (prefix, sessionId) => `${prefix}:${sessionId}`,
  },
};

/**
 * Where the one keeps the list of a session, and the other a hash beside the list. It is no key of ours, in which the id is in
 * braces. Undefined for ids that sessions of those packages do not have: what a scope, or our own lists, begin with.
 */
export function keyOfOthers(prefix: string, storedId: string): string | undefined {
  return storedId.startsWith('~') ? undefined : `${prefix}:${storedId}`;
}

/**
 * @param reply - of the script `LOOK_FOR_OTHERS`
 * @returns whose session is there; undefined where there is none
 */
export function ownerIn(reply: unknown): PythonPackage | undefined {
  const [kind, value] = Array.isArray(reply) ? reply.map(String) : [];
  if (kind === 'hash' && Array.isArray(reply)) return 'openai-agents';
  if (kind === 'list') return isItem(value) ? 'openai-agents-session' : undefined;
  if (kind === 'none') return undefined;
  throw unknownReply(reply);
}

export function isOfOthers(owner: PythonPackage): SessionError {
  return new SessionError(
    'STORE_MISCONFIGURED',
    `nothing of this session is stored, but under the same keyPrefix the package ${owner} for Python has one with its id: import ` +
      'that with readPythonItems and importItems, or give sessions another keyPrefix',
  );
}

/**
 * @param reply - of the script `READ_LIST`
 * @throws `STORE_FAILURE`
 */
export function textsIn(reply: unknown): string[] {
  if (!Array.isArray(reply) || !reply.every((element) => Buffer.isBuffer(element))) throw unknownReply(reply);
  return reply.map((element) => element.toString());
}

/** Anything else in a list is of a program that has nothing to do with sessions. */
function isItem(text: string | undefined): boolean {
  try {
    const item = JSON.parse(text ?? '') as { readonly type?: unknown; readonly role?: unknown } | null;
    return typeof item?.type === 'string' || typeof item?.role === 'string';
  } catch {
    return false; // the SyntaxError quotes the text
  }
}
