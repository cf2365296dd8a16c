/** What the SDK's document client sets, too: `overrideInputFilterSensitiveLog` and the like. */
interface Context {
  dynamoDbDocumentClientOptions?: object | undefined;
}

type Middleware = <Args, Result>(
  next: (args: Args) => Promise<Result>,
  context: Context,
) => (args: Args) => Promise<Result>;

interface Command {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { readonly step: 'initialize'; readonly name: string }): void;
  };
}

const UNLOGGED = (): string => 'not logged: it can hold items of a session';

/**
 * The same command, of which the client's `logger` is told neither what is sent nor what is answered. The SDK copies all of
 * that for it, also where there is no logger, and that takes as long as to parse the answer.
 */
export function unlogged<T>(command: T & Command): T {
  const middleware: Middleware = (next, context) => {
    context.dynamoDbDocumentClientOptions = {
      overrideInputFilterSensitiveLog: UNLOGGED,
      overrideOutputFilterSensitiveLog: UNLOGGED,
    };
    return next;
  };
  command.middlewareStack.add(middleware, { step: 'initialize', name: 'agentSessionsUnlogged' });
  return command;
}
