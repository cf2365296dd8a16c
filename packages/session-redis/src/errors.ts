import { SessionError } from '@agent-sessions/session-core';

/**
 * Refusals that pass: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ and the errors of
 * `server.c`. Where one does not pass, every try is refused, and the session reports `STORE_UNAVAILABLE`.
 */
const TRANSIENT = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
]);
const DENIED = new Set(['NOAUTH', 'NOPERM', 'WRONGPASS']);
const MISCONFIGURED = new Map([
  ['WRONGTYPE', 'a key of this session holds a value of another type'],
  ['MOVED', 'the server is part of a cluster: use createCluster'],
  ['ASK', 'the server is part of a cluster: use createCluster'],
  ['CROSSSLOT', 'the keys of a session must share a cluster slot: the client must not change their hash tag'],
]);

/** Whether another try of the same command may succeed. */
export function isTransient(error: unknown): boolean {
  const code = replyCode(error);
  if (code !== undefined) return TRANSIENT.has(code) || messageOf(error).includes('max number of clients');
  return isConnectionError(error) && !isClosed(error) && certificateProblem(error) === undefined;
}

/** `error` as a `SessionError`, with the driver's error as its cause. Neither holds an argument of the command. */
export function toSessionError(error: unknown): SessionError {
  if (SessionError.is(error)) return error;
  const options = { cause: withoutArguments(error) };
  if (isTransient(error)) {
    const code = replyCode(error);
    const message = code === undefined ? 'Redis cannot be reached' : `Redis refused at every try: ${code}`;
    return new SessionError('STORE_UNAVAILABLE', message, options);
  }
  if (isClosed(error)) {
    return new SessionError('STORE_UNAVAILABLE', 'the Redis client is not connected, or closed', options);
  }
  const code = replyCode(error);
  if (code !== undefined && DENIED.has(code)) {
    return new SessionError('ACCESS_DENIED', `Redis denies access: ${code}`, options);
  }
  const misconfigured = MISCONFIGURED.get(code ?? '');
  if (misconfigured !== undefined) return new SessionError('STORE_MISCONFIGURED', misconfigured, options);
  const certificate = certificateProblem(error);
  if (certificate !== undefined) {
    const message = `TLS fails for good: ${certificate}. Is the authority that signed the server's certificate passed as ca?`;
    return new SessionError('STORE_MISCONFIGURED', message, options);
  }
  if (isUnknownCommand(error)) {
    return new SessionError('STORE_MISCONFIGURED', 'the server lacks a command that sessions need', options);
  }
  return new SessionError('STORE_FAILURE', 'the Redis command failed; see cause', options);
}

/**
 * The code that a server's error begins with; undefined for an error that is not the server's. Redis 6 wraps what fails
 * in a script. A permission that is missing there has no code before Redis 7.2 and on Valkey, nor has a long command without a password.
 */
function replyCode(error: unknown): string | undefined {
  const message = messageOf(error).replace(/^ERR Error running script .*@user_script: ?\d+: -?/s, '');
  if (/^(ERR )?(The user executing the script can't|ACL failure in script)/.test(message)) return 'NOPERM';
  if (/^ERR Protocol error: unauthenticated/.test(message)) return 'NOAUTH';
  return /^[A-Z]+(?= )/.exec(message)?.[0];
}

/** What is neither a reply, nor a bug in the driver, nor our own, is the connection's: too many kinds to list. */
function isConnectionError(error: unknown): boolean {
  const { name } = (error ?? {}) as { name?: unknown };
  return name !== 'TypeError' && name !== 'RangeError' && !SessionError.is(error);
}

/** node-redis's `ClientClosedError`, which has no code or name: of the client, or of one of those that it consists of. */
export function isClosed(error: unknown): boolean {
  return messageOf(error) === 'The client is closed';
}

/**
 * The code of an error about the server's certificate, or about the PEM text of one. A server that refuses the client's
 * closes the connection without saying why:
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
function certificateProblem(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /CERT|ISSUER|LEAF_SIGNATURE|^ERR_OSSL_/.test(code) ? code : undefined;
}

/** A node of a cluster says that another one has the key. */
export function isRedirection(error: unknown): boolean {
  const code = replyCode(error);
  return code === 'MOVED' || code === 'ASK';
}

function isUnknownCommand(error: unknown): boolean {
  return /^ERR unknown (command|redis command)/i.test(messageOf(error));
}

/** A server that does not know a command answers with what the command was called with. */
function withoutArguments(error: unknown): unknown {
  const [message = '', ...echo] = messageOf(error).split(', with args beginning with');
  return echo.length === 0 ? error : new Error(message);
}

/** Not by `instanceof`: the driver may be of another realm. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
