/** What may be told of an error; anything else can hold credentials, or items: the whole exchange, for instance. */
const TOLD = ['code', 'errno', 'syscall', 'address', 'port', 'hostname', '$fault', '$service'];
const TOLD_OF_METADATA = [
  'httpStatusCode',
  'requestId',
  'extendedRequestId',
  'cfId',
  'attempts',
  'totalRetryDelay',
  'clockSkewCorrected',
];
const DEEPEST_CAUSE = 5;

/**
 * A copy of an error of the SDK, of the same class, without its `$response`: that holds the request, with the session token
 * in its headers. Undefined for what is no error.
 */
export function withoutSecrets(error: unknown, depth = 0): Error | undefined {
  if (!isErrorLike(error) || depth > DEEPEST_CAUSE) return undefined;
  const { name, $metadata, cause, errors } = error;
  const copy = new Error(messageOf(error));
  const hide = (property: string, value: unknown): void => {
    if (value === undefined) return;
    Object.defineProperty(copy, property, { value, enumerable: false, configurable: true, writable: true });
  };
  hide('name', primitive(name));
  hide('stack', stackOf(error));
  hide('cause', withoutSecrets(cause, depth + 1));
  // Of one connection attempt per address: https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
  if (Array.isArray(errors)) {
    hide(
      'errors',
      errors.map((inner: unknown) => withoutSecrets(inner, depth + 1)),
    );
  }
  Object.assign(copy, pick(error, TOLD));
  if (typeof $metadata === 'object' && $metadata !== null) {
    Object.assign(copy, { $metadata: pick($metadata, TOLD_OF_METADATA) });
  }
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object) as Error;
}

type ErrorLike = Record<string, unknown> & { readonly message: string };

/** Not by `instanceof`: the error may be of another realm. */
function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && typeof (error as ErrorLike).message === 'string';
}

/**
 * A parser quotes what it could not parse, and that may be rows of the session. Its error may be wrapped by the SDK, which
 * also adds a hint at what is left out here.
 */
function messageOf(error: ErrorLike): string {
  const { message } = error;
  if (isOfParser(error)) return 'the answer of DynamoDB cannot be parsed';
  return message.split('\n  Deserialization error')[0] as string;
}

export function isOfParser(error: unknown): boolean {
  return isErrorLike(error) && (error.name === 'SyntaxError' || error.message.includes('SyntaxError:'));
}

/** A stack begins with the message. */
function stackOf(error: ErrorLike): string {
  const frames = String(error.stack)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
  return [`${String(error.name)}: ${messageOf(error)}`, ...frames].join('\n');
}

function pick(source: object, names: readonly string[]): object {
  const entries = names.map((name) => [name, primitive((source as Record<string, unknown>)[name])]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as object;
}

function primitive(value: unknown): unknown {
  return typeof value === 'object' || typeof value === 'function' ? undefined : value;
}
