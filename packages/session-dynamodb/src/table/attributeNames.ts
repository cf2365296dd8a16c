import { Buffer } from 'node:buffer';
import { SessionError } from '@agent-sessions/session-core/store';
import { ROW_ATTRIBUTES, type ResolvedAttributeNames } from './rowMapping';

/** What the attributes are called by which the table itself knows a row. */
export interface AttributeNames {
  /** The partition key, of type S. Default `session_id`. */
  readonly sessionId?: string | undefined;
  /** The sort key, of type S. Default `row`. */
  readonly row?: string | undefined;
  /** The attribute of the table's TTL. Default `ttl`. */
  readonly ttl?: string | undefined;
}

/**
 * Of a key as of the TTL attribute:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html
 */
const LONGEST_NAME_BYTES = 255;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The names of a row's other attributes. */
const TAKEN = new Set(ROW_ATTRIBUTES);

/** @throws `INVALID_ARGUMENT` */
export function resolveAttributeNames(names: AttributeNames | undefined): ResolvedAttributeNames {
  const { sessionId = 'session_id', row = 'row', ttl = 'ttl' } = names ?? {};
  const resolved = { sessionId, row, ttl };
  for (const [option, name] of Object.entries(resolved)) assertName(`attributeNames.${option}`, name);
  if (new Set(Object.values(resolved)).size < 3) {
    throw new SessionError('INVALID_ARGUMENT', 'attributeNames must be three different names');
  }
  return resolved;
}

function assertName(option: string, name: unknown): void {
  if (typeof name !== 'string' || name === '' || LONE_SURROGATE.test(name)) {
    throw new SessionError('INVALID_ARGUMENT', `${option} must be a non-empty, well-formed string`);
  }
  if (Buffer.byteLength(name) > LONGEST_NAME_BYTES) {
    throw new SessionError('INVALID_ARGUMENT', `${option} must have at most ${LONGEST_NAME_BYTES} bytes`);
  }
  // Plain objects hold rows, and have properties of their own: constructor, toString and the like.
  if (TAKEN.has(name) || name in Object.prototype) {
    throw new SessionError('INVALID_ARGUMENT', `${option} must not be ${name}: that name is taken`);
  }
}
