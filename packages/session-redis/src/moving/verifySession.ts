import type { Buffer } from 'node:buffer';
import { storedSessionId, type StorageFinding } from '@agent-sessions/session-core/moving';
import { resolveStoreOptions, SessionError } from '@agent-sessions/session-core/store';
import { toAdapter } from '../clients/toAdapter';
import { assertKeyPrefix, sessionKeys } from '../layout/keys';
import { bytesIn, revisionIn } from '../layout/state';
import type { RedisStoreOptions } from '../redisStore';
import { unknownReply } from '../replies';
import { VERIFY } from '../scripts/verify';
import { Tries } from '../tries';

export interface VerifyRedisOptions extends Pick<
  RedisStoreOptions,
  'client' | 'keyPrefix' | 'timeoutMs' | 'signal'
> {
  readonly sessionId: string;
  /** What the function `scope` of the session returns, where it has one. */
  readonly scope?: string | undefined;
}

/** The fields of a session's hash: docs/architecture.md says what they hold. */
const FIELD = /^(state|began|turn|[oc]:.+)$/s;
/** Both keys get one deadline; what is left of it is asked for one after the other. */
const SAME_MS = 1_000;

interface Stored {
  readonly kinds: readonly [items: string, meta: string];
  readonly fields: ReadonlyMap<string, Buffer>;
  readonly elements: readonly Buffer[];
  readonly remainingMs: readonly [items: number, meta: number];
}

/**
 * Reads all that is stored of a session, and tells what is not as it should be: keys of another type, a list that is not what the
 * hash says, deadlines that differ, fields that no version writes. Whether records can be decoded, a read of the session tells.
 * Nothing is changed. Besides the rights of a session it takes `TYPE` and `HGETALL`.
 *
 * @throws The errors of a read.
 */
export async function verifySession(options: VerifyRedisOptions): Promise<StorageFinding[]> {
  const { keyPrefix = 'openai_agents_session', sessionId, scope } = options;
  assertKeyPrefix(keyPrefix);
  const client = toAdapter(options.client);
  const tries = new Tries(client, resolveStoreOptions(options));
  const call = { keys: sessionKeys(keyPrefix, storedSessionId(sessionId, scope)), arguments: [] };
  return findingsIn(toStored(await tries.read((limit) => client.run(VERIFY, call, limit))));
}

function findingsIn({ kinds, fields, elements, remainingMs }: Stored): StorageFinding[] {
  const findings: StorageFinding[] = [];
  const damaged = (what: string): number => findings.push({ kind: 'damaged', what });
  const [items, meta] = kinds;
  if (!['list', 'none'].includes(items)) damaged(`the key of the items is a ${items}, not a list`);
  if (!['hash', 'none'].includes(meta)) damaged(`the key of the metadata is a ${meta}, not a hash`);
  if (findings.length > 0 || (items === 'none' && meta === 'none')) return findings;
  const state = fields.get('state') ?? null;
  if (state === null) {
    const what = meta === 'none' ? 'the items have no metadata' : 'the metadata have no state';
    findings.push({ kind: items === 'none' ? 'orphaned' : 'damaged', what });
  } else {
    const problem = problemOf(state, elements);
    if (problem !== undefined) damaged(problem);
  }
  const [ofItems, ofMeta] = remainingMs;
  const bothExpire = ofItems >= 0 && ofMeta >= 0;
  const isSame = bothExpire ? Math.abs(ofItems - ofMeta) <= SAME_MS : ofItems < 0 && ofMeta < 0;
  if (items === 'list' && meta === 'hash' && !isSame) damaged('one of the two keys expires before the other');
  const unknown = [...fields.keys()].filter((name) => !FIELD.test(name)).length;
  if (unknown > 0) findings.push({ kind: 'superfluous', what: `${unknown} unknown fields in the metadata` });
  return findings;
}

function problemOf(state: Buffer, elements: readonly Buffer[]): string | undefined {
  try {
    if (revisionIn(state, elements.length) === undefined) {
      return `the state of the metadata is not that of a list of ${elements.length} items`;
    }
  } catch (error) {
    if (SessionError.is(error)) return error.message;
    throw error;
  }
  const bytes = elements.reduce((sum, { length }) => sum + length, 0);
  const counted = bytesIn(state);
  if (counted === undefined || counted === bytes) return undefined;
  return `the items take ${bytes} bytes, and the metadata say ${counted}: somebody has edited them`;
}

/** @throws `STORE_FAILURE` */
function toStored(reply: unknown): Stored {
  const [items, meta, fields, elements, ...remainingMs] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const [ofItems, ofMeta] = remainingMs.map(Number);
  if (!Array.isArray(fields) || !Array.isArray(elements) || ofItems === undefined || ofMeta === undefined) {
    throw unknownReply(reply);
  }
  const pairs = fields as readonly Buffer[];
  const names = pairs.flatMap((name, index) => (index % 2 === 0 ? [name.toString()] : []));
  const values = pairs.filter((_value, index) => index % 2 === 1);
  return {
    kinds: [String(items), String(meta)],
    fields: new Map(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : []))),
    elements: elements as readonly Buffer[],
    remainingMs: [ofItems, ofMeta],
  };
}
