import { SessionError, type SessionErrorCode } from '@agent-sessions/session-core';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const TRANSIENT = new Set([
  'InternalServerError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionConflictException',
]);
const DENIED = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

const NETWORK =
  /\b(EAI_AGAIN|ECONNABORTED|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT)\b|socket hang up/;

/** Whether the same request may succeed when it is sent again. */
export function isTransient(error: unknown): boolean {
  const { name, status } = describe(error);
  return TRANSIENT.has(name) || status === 429 || status >= 500 || isNetworkError(error) || isGarbled(error);
}

/** `error` as a `SessionError` with the driver's own as cause. */
export function toSessionError(error: unknown, tableName: string): SessionError {
  if (SessionError.is(error)) return error;
  const { name, message, status } = describe(error);
  const failure = (code: SessionErrorCode, text: string): SessionError =>
    new SessionError(code, text, { cause: withoutContent(error) });

  if (DENIED.has(name))
    return failure('ACCESS_DENIED', `DynamoDB denies access to table ${tableName}: ${name}`);
  if (name === 'ResourceNotFoundException') {
    return failure(
      'STORE_MISCONFIGURED',
      `there is no table ${tableName} in this account and region: createTableIfNotExists makes it`,
    );
  }
  if (name === 'ValidationException' && /\b(key|schema)\b/i.test(message)) {
    return failure(
      'STORE_MISCONFIGURED',
      `table ${tableName} has other keys than a session needs: createTableIfNotExists tells which`,
    );
  }
  if (isNetworkError(error) || isGarbled(error))
    return failure('STORE_UNAVAILABLE', `DynamoDB cannot be reached, for table ${tableName}`);
  if (isTransient(error)) {
    return failure('STORE_UNAVAILABLE', `DynamoDB refused at every try: ${name} (${status})`);
  }
  return failure('STORE_FAILURE', `the request to DynamoDB failed: ${name}`);
}

export function contention(): SessionError {
  return new SessionError('CONTENTION', 'other writers were faster at every try');
}

export function isContention(error: unknown): boolean {
  return SessionError.is(error, 'CONTENTION');
}

export function describe(error: unknown): { name: string; message: string; status: number } {
  const { name, message, $metadata } = (error ?? {}) as {
    name?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = $metadata?.httpStatusCode;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    status: typeof status === 'number' ? status : 0,
  };
}

/**
 * The server did not answer, and Node says why: https://nodejs.org/api/errors.html#common-system-errors. Where the SDK wraps
 * an error of another realm, as under jest, only the message tells.
 */
function isNetworkError(error: unknown): boolean {
  const { code, $fault } = (error ?? {}) as { code?: unknown; $fault?: unknown };
  const { message } = describe(error);
  // Not by the status: an answer that was cut off, be it a refusal, has the one that it began with.
  const isOfService = $fault !== undefined;
  return !isOfService && (NETWORK.test(`${String(code)} ${message}`) || message === 'aborted');
}

/** The answer came, but cannot be parsed: whether the request was carried out, nobody knows. */
function isGarbled(error: unknown): boolean {
  return describe(error).name === 'SyntaxError';
}

/** A parser quotes what it could not parse, and that may be rows of the session. */
function withoutContent(error: unknown): unknown {
  return isGarbled(error) ? new SyntaxError('the answer of DynamoDB cannot be parsed') : error;
}
