import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SessionError } from '@agent-sessions/session-core/store';

/**
 * A client of version 3 of the AWS SDK: a `DynamoDBClient`, `DynamoDB`, `DynamoDBDocumentClient` or `DynamoDBDocument`; whoever
 * made it closes it. Only low-level commands are sent, so a document client's marshalling options do not matter.
 */
export type DynamoDBSessionClient = Pick<DynamoDBClient, 'send'>;

/** What clients of several kinds have, by which to tell them: of another copy of the SDK, or of another realm, too. */
interface ClientLike {
  readonly send?: unknown;
  /** Of version 3. */
  readonly config?: { readonly serviceId?: unknown };
  /** Of version 2, as is that of a document client's `service`. */
  readonly makeRequest?: unknown;
  readonly service?: { readonly makeRequest?: unknown };
}

const ADVICE =
  'pass a DynamoDBClient of @aws-sdk/client-dynamodb, or a DynamoDBDocumentClient of @aws-sdk/lib-dynamodb';

/** @throws `INVALID_ARGUMENT` */
export function assertClient(client: unknown): asserts client is DynamoDBSessionClient {
  const given: ClientLike = client ?? {};
  const problem = problemOf(given);
  if (problem !== undefined) throw new SessionError('INVALID_ARGUMENT', `client ${problem}: ${ADVICE}`);
}

function problemOf({ send, config, makeRequest, service }: ClientLike): string | undefined {
  if (typeof (makeRequest ?? service?.makeRequest) === 'function') {
    return 'is of version 2 of the AWS SDK, and sessions take one of version 3';
  }
  if (typeof send !== 'function') return 'has no method send';
  const serviceId = config?.serviceId;
  if (typeof serviceId !== 'string' || serviceId === 'DynamoDB') return undefined;
  return `is one of ${serviceId}, and not of DynamoDB`;
}
