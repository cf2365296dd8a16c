import { isOfParser, withoutSecrets } from './withoutSecrets';

/** What the SDK's document client sets, too: `overrideInputFilterSensitiveLog` and the like. */
interface Context {
  dynamoDbDocumentClientOptions?: object | undefined;
}

type Middleware = <Args, Result>(
  next: (args: Args) => Promise<Result>,
  context: Context,
) => (args: Args) => Promise<Result>;

interface MiddlewareOptions {
  readonly step: 'initialize';
  readonly priority: 'low';
  readonly name: string;
}

interface Command {
  readonly middlewareStack: {
    add(middleware: Middleware, options: MiddlewareOptions): void;
  };
}

const UNLOGGED = (): string => 'not logged: it can hold items of a session';

/**
 * The same command, of which the client's `logger` is told neither what is sent nor what is answered, the row in a refusal
 * included. The SDK copies all of that for it, also where there is no logger, and that takes as long as to parse the answer.
 */
export function unlogged<T>(command: T & Command): T {
  const middleware: Middleware = (next, context) => {
    context.dynamoDbDocumentClientOptions = {
      overrideInputFilterSensitiveLog: UNLOGGED,
      overrideOutputFilterSensitiveLog: UNLOGGED,
    };
    return (args) => next(args).catch(rethrowUnlogged);
  };
  // Of low priority, to be nearer to the request than what logs: that is told of an error after this.
  const options = { step: 'initialize', priority: 'low', name: 'agentSessionsUnlogged' } as const;
  command.middlewareStack.add(middleware, options);
  return command;
}

/**
 * The error of a refused condition holds the row that is there: whoever asks for it finds it, but no logger lists it. What a
 * parser says quotes the answer.
 */
function rethrowUnlogged(error: unknown): never {
  if (isOfParser(error)) throw withoutSecrets(error) as Error;
  if (typeof error === 'object' && error !== null && 'Item' in error) {
    Object.defineProperty(error, 'Item', { enumerable: false });
  }
  throw error;
}
