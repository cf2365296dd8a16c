import type { RedisClientAdapter, RedisErrorKind, RedisScriptCall } from '@agent-sessions/session-redis';
import {
  ClosingError,
  ConnectionError,
  Decoder,
  RequestError,
  TimeoutError,
  type GlideClient,
  type GlideClusterClient,
} from '@valkey/valkey-glide';

/** What glide makes of the codes of errors that it knows, beyond which it gives `CODE: text`. */
const CODES: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'NOAUTH',
  BusyLoadingError: 'LOADING',
  ClusterDown: 'CLUSTERDOWN',
  CrossSlot: 'CROSSSLOT',
  MasterDown: 'MASTERDOWN',
  NoScriptError: 'NOSCRIPT',
  PermissionDenied: 'NOPERM',
  ReadOnly: 'READONLY',
  ResponseError: 'ERR',
  TryAgain: 'TRYAGAIN',
};

/** A refusal of the server, in the server's words, of which a session knows what they mean. */
class Refusal extends Error {
  constructor(message: string) {
    const [, code = 'ERR', text = ''] =
      /^(?:An error was signalled by the server: - )?(\w+): (.*)$/s.exec(message) ?? [];
    super(`${CODES[code] ?? code} ${text}`);
  }
}

/**
 * Lets sessions run on a client of valkey-glide. Give it a `requestTimeout`, in milliseconds, below the session's
 * `timeoutMs`: glide takes no signal, so this is how long a command can be under way after a call has ended.
 */
export class GlideAdapter implements RedisClientAdapter {
  readonly #client: GlideClient | GlideClusterClient;

  constructor(client: GlideClient | GlideClusterClient) {
    this.#client = client;
  }

  async run(
    { sha1, lua }: Parameters<RedisClientAdapter['run']>[0],
    call: RedisScriptCall,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<unknown> {
    try {
      return await this.#send(['EVALSHA', sha1], call);
    } catch (error) {
      if (!(error instanceof Refusal && error.message.startsWith('NOSCRIPT'))) throw error;
      signal.throwIfAborted();
      return this.#send(['EVAL', lua], call);
    }
  }

  async #send(script: readonly string[], { keys, arguments: args }: RedisScriptCall): Promise<unknown> {
    try {
      return await this.#client.customCommand([...script, `${keys.length}`, ...keys, ...args], {
        decoder: Decoder.Bytes,
      });
    } catch (error) {
      // Not those that are a kind of it, such as TimeoutError.
      throw error instanceof RequestError && error.constructor === RequestError
        ? new Refusal(error.message)
        : error;
    }
  }

  kindOf(error: unknown): RedisErrorKind {
    if (error instanceof Refusal) return 'reply';
    if (error instanceof TimeoutError) return 'silent';
    if (error instanceof ConnectionError) return 'unreachable';
    return error instanceof ClosingError ? 'closed' : 'bug';
  }
}
