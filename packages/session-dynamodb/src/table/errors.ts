import { SessionError, type SessionErrorCode } from '@agent-sessions/session-core/store';
import { withoutSecrets } from './withoutSecrets';

/**
 * Refusals that pass, beside 429 and 5xx:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const PASSING = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'ThrottlingException',
  'TransactionConflictException',
]);
const DENIED = new Set([
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);
/** What the SDK throws for want of credentials, before it sends anything. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);

const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** What the SDK throws for want of an option, or of a middleware which a command of another version brings along. */
const MISCONFIGURED: readonly (readonly [RegExp, string])[] = [
  [/^Region is missing/, 'the DynamoDB client has no region: set AWS_REGION, or its option region'],
  [/^Invalid URL/, 'the endpoint of the DynamoDB client is no URL: it is like http://localhost:8000'],
  [
    /is not found when adding .*middleware/,
    'the client comes from another copy of @aws-sdk/client-dynamodb, too old for the commands of the one that sessions use: install one version',
  ],
];

/** Whether the same request may succeed when it is sent again. */
export function isTransient(error: unknown): boolean {
  if (SessionError.is(error)) return error.code === 'TIMEOUT';
  if (!isAnswer(error)) return !isBug(error) && misconfiguration(error) === undefined;
  const { name, status } = describe(error);
  return PASSING.has(name) || status === 429 || status >= 500 || isOfClock(error);
}

/**
 * Whether a request that ended so may have been carried out. Of a 5xx DynamoDB says so itself:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function mayHaveLanded(error: unknown): boolean {
  const { name, status } = describe(error);
  if (isAnswer(error)) return status >= 500;
  return !NO_CREDENTIALS.has(name) && misconfiguration(error) === undefined;
}

/** `error` as a `SessionError` with the driver's own as cause. */
export function toSessionError(error: unknown, tableName: string): SessionError {
  if (SessionError.is(error)) return error;
  const { name, message, status } = describe(error);
  const failure = (code: SessionErrorCode, text: string): SessionError =>
    new SessionError(code, text, { cause: withoutSecrets(error) });

  if (NO_CREDENTIALS.has(name)) {
    const text = `there are no credentials for DynamoDB, for table ${tableName}: ${name}`;
    return failure('ACCESS_DENIED', `${text}. Set AWS_PROFILE, or any other place where the AWS SDK looks`);
  }
  const problem = misconfiguration(error);
  if (problem !== undefined) return failure('STORE_MISCONFIGURED', problem);
  if (isBug(error)) return failure('STORE_FAILURE', `the request to DynamoDB failed: ${name}`);
  if (!isAnswer(error)) {
    const text = `DynamoDB cannot be reached, for table ${tableName}`;
    return failure('STORE_UNAVAILABLE', `${text}: is the region, or the endpoint, of the client right?`);
  }

  if (DENIED.has(name)) {
    const hint = isOfClock(error) ? ': is the clock of this machine right?' : '';
    return failure('ACCESS_DENIED', `DynamoDB denies access to table ${tableName}: ${name}${hint}`);
  }
  if (name === 'ResourceNotFoundException') {
    return failure(
      'STORE_MISCONFIGURED',
      `there is no table ${tableName} in this account and region: createTableIfNotExists makes it`,
    );
  }
  if (name === 'ValidationException' && /\b(key|schema)\b/i.test(message)) {
    return failure(
      'STORE_MISCONFIGURED',
      `table ${tableName} has other keys than a session needs: createTableIfNotExists tells which. What openai-agents-session for ` +
        'Python has stored in a table, readPythonItems reads, and importItems puts into another',
    );
  }
  if (isTransient(error)) {
    return failure('STORE_UNAVAILABLE', `DynamoDB refused at every try: ${name} (${status})`);
  }
  return failure('STORE_FAILURE', `the request to DynamoDB failed: ${name}`);
}

/** What ends a call whose last known error is this one, while another of its tries has no answer. */
export function asUnanswered(error: unknown): unknown {
  if (mayHaveLanded(error)) return error;
  const text = `DynamoDB gave no answer to one try of a request, and to another ${describe(error).name}`;
  return new SessionError('STORE_UNAVAILABLE', text, { cause: withoutSecrets(error) });
}

export function contention(): SessionError {
  return new SessionError('CONTENTION', 'other writers were faster at every try');
}

/** @param row Its sort key, as the console shows it. */
export function corruptRow(row: string, problem: string): SessionError {
  return new SessionError('CORRUPT_RECORD', `row ${row} of the session has ${problem}`);
}

/** Whether DynamoDB itself answered so, and nothing in front of it: such an error has a type that the answer names. */
function isAnswer(error: unknown): boolean {
  const { $fault } = (error ?? {}) as { $fault?: unknown };
  // Where the answer names none, the SDK puts `Unknown`, `UnknownError`, or the status.
  return $fault !== undefined && /^(?!Unknown(Error)?$)[A-Za-z]+$/.test(describe(error).name);
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
 * A mistake in a program, which happens again whenever it is tried. What fails once the SDK has begun to send has `$metadata`,
 * and `fetch` reports a lost connection as a TypeError with a cause.
 */
function isBug(error: unknown): boolean {
  const { $metadata, cause } = (error ?? {}) as { $metadata?: unknown; cause?: unknown };
  return BUGS.has(describe(error).name) && $metadata === undefined && cause === undefined;
}

function misconfiguration(error: unknown): string | undefined {
  const { message } = describe(error);
  return isAnswer(error) ? undefined : MISCONFIGURED.find(([pattern]) => pattern.test(message))?.[1];
}

/** A request signed too long ago, as by a process that was suspended; the SDK also learns from it by how much the clock is off. */
function isOfClock(error: unknown): boolean {
  const { name, message } = describe(error);
  return name === 'InvalidSignatureException' && /signature (expired|not yet current)/i.test(message);
}
