import { SessionError } from '@agent-sessions/session-core/store';
import { GIVEN_UP } from './layout/seal';
import { unsupportedFormat } from './layout/state';

/**
 * What an error that a client throws means:
 * - `reply`: the server refuses the command, and `message` is what it said, beginning with its code;
 * - `cut`: the server has closed the connection; `unreachable`: there is none, or it failed in another way;
 * - `silent`: no answer within a time limit that the client itself has for a command;
 * - `closed`: the client itself was closed, or never connected;
 * - `aborted`: by a signal of the client's own;
 * - `misused`: the client is in a mode in which it runs no command of a session, as one that is subscribed;
 * - `bug`: anything else.
 */
export type RedisErrorKind =
  'reply' | 'cut' | 'unreachable' | 'silent' | 'closed' | 'aborted' | 'misused' | 'bug';

/**
 * Refusals that pass: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ and the errors of
 * `server.c`. Where one does not pass, every try is refused, and the session reports `STORE_UNAVAILABLE`.
 */
const TRANSIENT = new Set([
  GIVEN_UP,
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

const MISUSED =
  'this client is subscribed, or monitors: it runs no other commands. Give sessions a client of their own, as client.duplicate() makes it';
const NO_SCRIPTS =
  'the server, or a proxy before it, refuses the scripts or a command in them. Sessions need EVALSHA and EVAL with two keys ' +
  'of one hash tag, as Redis 6.2 runs them';
/**
 * Refusals for good, and what to do. Besides Redis's own words: those of Envoy, of managed services (which turn commands
 * off, or check scripts for what a cluster could refuse: on Alibaba Cloud, set script_check_enable to 0), and of Dragonfly.
 */
const MISCONFIGURED: readonly (readonly [words: RegExp, hint: string])[] = [
  [/^WRONGTYPE /, 'a key of this session holds a value of another type'],
  [
    /^(MOVED|ASK) /,
    'the server is part of a cluster: use a cluster client, createCluster of redis or Cluster of ioredis',
  ],
  [/^ERR Can't execute .* in this context/s, MISUSED],
  [
    /^CROSSSLOT |keys must (be )?in (the )?same slot/i,
    'the keys of a session must share a cluster slot: the client must not change their hash tag',
  ],
  [/^ERR DB index is out of range/, 'the server has no such database: see the number at the end of the URL'],
  [/^ERR SELECT is not allowed/, 'a cluster has database 0 only: leave out the number at the end of the URL'],
  [
    /cluster support disabled/i,
    'the server is not part of a cluster: use a plain client, createClient of redis or Redis of ioredis',
  ],
  [
    /^NOPROTO |unknown command .?HELLO|unsupported command .?HELLO/i,
    'the server, or a proxy before it, speaks RESP 2 only: pass a client made with RESP: 2',
  ],
  [/unknown (redis )?command/i, NO_SCRIPTS],
  [/unsupported command|command .{0,40}(is not available|not support|is disabled|not allowed)/i, NO_SCRIPTS],
  [/undeclared key|bad lua script|script attempted to access/i, NO_SCRIPTS],
];
/** A refusal may quote what it refuses; the first argument of a script that could hold an item's content is far behind this. */
const LONGEST_REFUSAL = 200;

/** Whether another try of the same command may succeed. */
export function isTransient(error: unknown, kind: RedisErrorKind): boolean {
  if (SessionError.is(error)) return false;
  if (kind === 'reply') {
    return TRANSIENT.has(replyCode(error) ?? '') || messageOf(error).includes('max number of clients');
  }
  return (kind === 'cut' || kind === 'unreachable' || kind === 'silent') && tlsProblem(error) === undefined;
}

/** `error` as a `SessionError`, with the client's error as its cause. Neither holds an argument of the command. */
export function toSessionError(error: unknown, kind: RedisErrorKind): SessionError {
  if (SessionError.is(error)) return error;
  const code = kind === 'reply' ? replyCode(error) : undefined;
  const options = { cause: withoutArguments(error) };
  if (isTransient(error, kind)) {
    const message = code === undefined ? unreachable(kind) : `Redis refused at every try: ${code}`;
    return new SessionError('STORE_UNAVAILABLE', message, options);
  }
  if (kind === 'closed') return notConnected(error);
  if (kind === 'aborted') {
    return new SessionError('ABORTED', 'the abortSignal of the client itself has aborted', options);
  }
  if (kind === 'misused') return new SessionError('STORE_MISCONFIGURED', MISUSED, options);
  if (code === 'LATERFORMAT') return unsupportedFormat(unwrapped(error).split(' ')[1] ?? '');
  if (code !== undefined && DENIED.has(code)) {
    return new SessionError('ACCESS_DENIED', `Redis denies access: ${code}`, options);
  }
  const refusal = code === undefined ? '' : unwrapped(error);
  const hint = MISCONFIGURED.find(([words]) => words.test(refusal))?.[1] ?? tlsProblem(error);
  if (hint !== undefined) return new SessionError('STORE_MISCONFIGURED', hint, options);
  return new SessionError('STORE_FAILURE', 'the Redis command failed; see cause', options);
}

export function notConnected(cause: unknown): SessionError {
  const message =
    'the Redis client is not connected, or closed: sessions need one after `await client.connect()`';
  return new SessionError('STORE_UNAVAILABLE', message, { cause });
}

/**
 * The code that a server's error begins with; undefined for an error that is not the server's. A permission that is
 * missing in a script has no code before Redis 7.2 and on Valkey, nor has a long command without a password.
 */
export function replyCode(error: unknown): string | undefined {
  const message = unwrapped(error);
  if (/^(ERR )?(The user executing the script can't|ACL failure in script)/.test(message)) return 'NOPERM';
  if (/^ERR Protocol error: unauthenticated/.test(message)) return 'NOAUTH';
  if (/^unsupported command/.test(message)) return 'ERR'; // Envoy, which leaves the code out
  return /^[A-Z]+(?= )/.exec(message)?.[0] ?? (message === messageOf(error) ? undefined : 'ERR');
}

/** Redis 6 wraps what fails in a script. */
function unwrapped(error: unknown): string {
  return messageOf(error).replace(/^ERR Error running script .*@user_script: ?\d+: -?/s, '');
}

/**
 * Of an error about the server's certificate, or the PEM text of one, or about a server that does not speak TLS. A server
 * that refuses the client's certificate closes the connection without saying why:
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
function tlsProblem(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  if (/^ERR_SSL_(WRONG_VERSION|PACKET_LENGTH|UNEXPECTED|HTTP)|^EPROTO$/.test(code)) {
    return `the server does not answer in TLS (${code}): if it does not speak TLS at this port, the URL begins with redis://`;
  }
  if (!/CERT|ISSUER|LEAF_SIGNATURE|^ERR_OSSL_/.test(code)) return undefined;
  return `TLS fails for good: ${code}. Is the authority that signed the server's certificate passed as ca?`;
}

function unreachable(kind: RedisErrorKind): string {
  if (kind === 'silent')
    return 'no answer at any try within the time limit that the client has for a command';
  return kind === 'cut'
    ? 'Redis closed the connection. Where it does so at once, it may want TLS (rediss://) or a certificate of the client'
    : 'Redis cannot be reached: is a server running there, and is the address right?';
}

/** A node of a cluster says that another one has the key. */
export function isRedirection(error: unknown): boolean {
  const code = replyCode(error);
  return code === 'MOVED' || code === 'ASK';
}

/** Of a refused command: without what it was called with. */
function withoutArguments(error: unknown): unknown {
  const [message = '', ...echo] = messageOf(error).split(', with args beginning with');
  const isQuoting = echo.length > 0 || (replyCode(error) !== undefined && message.length > LONGEST_REFUSAL);
  if (!isQuoting) return error;
  return new Error(message.slice(0, LONGEST_REFUSAL));
}

/** Not by `instanceof`: the client may be of another realm. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
