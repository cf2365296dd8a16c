import { SessionError, type SessionErrorCode } from '../store/errors';
import type { SessionStore } from '../store/sessionStore';

/** What the kit tells a process with a store: first what to open, then what to call. */
export interface Opening {
  readonly options: unknown;
}

/** The methods of a store. */
export type StoreVerb = 'read' | 'commit' | 'clear';

export interface Call {
  readonly call: number;
  readonly method: StoreVerb;
  readonly args: readonly unknown[];
}

/** What the process answers: that it is open, or what came of a call. */
export type Answer =
  | 'open'
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly message: string; readonly code: SessionErrorCode | undefined };

/**
 * The whole of a script that is a harness's `processes.module`: opens a store with the harness's `processes.options`, and
 * does what the kit asks it to do. The kit ends the process, without notice.
 *
 * ```ts
 * serveStore(async (options) => new MyStore(await connect(options as ConnectOptions)));
 * ```
 */
export function serveStore(open: (options: unknown) => SessionStore | Promise<SessionStore>): void {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('serveStore is for a process that the conformance kit starts');
  const answer = (message: Answer): void => void send(message);
  process.once('disconnect', () => process.exit());
  process.once('message', ({ options }: Opening) => {
    void Promise.resolve(open(options)).then((store) => {
      process.on('message', (call: Call) => void carryOut(store, call).then(answer));
      answer('open');
    });
  });
}

async function carryOut(store: SessionStore, { call, method, args }: Call): Promise<Answer> {
  try {
    const carryOutMethod = store[method].bind(store) as (...args: readonly unknown[]) => Promise<unknown>;
    return { call, value: await carryOutMethod(...args) };
  } catch (error) {
    const code = SessionError.is(error) ? error.code : undefined;
    return { call, message: error instanceof Error ? error.message : String(error), code };
  }
}
