import { NO_HISTORY, SessionError, type Revision, type TimeLimit } from '@agent-sessions/session-core';
import { messageOf } from './errors';
import type { RedisCommands, RedisSessionClient, ScriptCall } from './redisClient';
import { READ } from './scripts/read';
import type { Script } from './scripts/script';

const OPTIONS = { typeMapping: { 36: Buffer }, timeout: 0 } as const;

/** A session as it is stored: its revision, and its list's elements, oldest first. */
export interface RawHistory {
  readonly revision: Revision;
  readonly elements: readonly Buffer[];
}

/** Runs scripts on any kind of client. */
export class Driver {
  readonly #client: RedisSessionClient;
  /** Of a plain client: one connection, hence answers in the order of the commands, always from the same server. */
  readonly #plain: RedisCommands | undefined;

  constructor(client: RedisSessionClient) {
    this.#client = client;
    // Of the four kinds of clients, only the plain one makes pools.
    if ('createPool' in client) this.#plain = client.withCommandOptions(OPTIONS);
  }

  /** One round trip, or two on a server that does not know the script yet. */
  async run({ sha1, lua }: Script, call: ScriptCall, limit: TimeLimit): Promise<unknown> {
    const commands = this.#commands(limit);
    try {
      return await commands.evalSha(sha1, call);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      return commands.eval(lua, call);
    }
  }

  /** One round trip, or two when somebody commits at the same moment. `last` undefined: all. */
  async read(keys: [string, string], last: number | undefined, limit: TimeLimit): Promise<RawHistory> {
    const whole = last === undefined ? await this.#readWhole(keys, limit) : undefined;
    if (whole !== undefined) return whole;
    const start = last === undefined ? '0' : `-${last}`;
    const reply = await this.run(READ, { keys, arguments: [start] }, limit);
    const [revision, elements] = reply as [Buffer | string, Buffer[]];
    if (typeof revision === 'string') {
      throw new SessionError(
        'STORE_MISCONFIGURED',
        'this client ignores the type mapping, as createSentinel of redis 5 does: use redis 6',
      );
    }
    return { revision: revision.toString(), elements };
  }

  /**
   * What the script would read, at half its cost, for Lua copies each record twice. The same revision before and after
   * the records is theirs: none comes back. Undefined where only the script can tell.
   */
  async #readWhole([items, meta]: [string, string], limit: TimeLimit): Promise<RawHistory | undefined> {
    if (this.#plain === undefined) return undefined;
    const commands = this.#commands(limit);
    const [[revision], elements, [after]] = (await Promise.all([
      commands.hmGet(meta, 'rev'),
      commands.lRange(items, 0, -1),
      commands.hmGet(meta, 'rev'),
    ])) as [[Buffer | null], Buffer[], [Buffer | null]];
    const before = revision?.toString();
    const isTheirs = before === after?.toString() && lengthAt(before) === elements.length;
    return isTheirs ? { revision: before ?? NO_HISTORY, elements } : undefined;
  }

  #commands(limit: TimeLimit): RedisCommands {
    // A connected plain client sends a command at once: there is nothing to abort, and a signal has its price.
    if (this.#plain !== undefined && this.#client.isReady === true) return this.#plain;
    return this.#client.withCommandOptions({ ...OPTIONS, abortSignal: limit.signal });
  }
}

/** How many records there were after the commit that made this revision; see the commit script. */
function lengthAt(revision: Revision | undefined): number {
  return revision === undefined ? 0 : Number(/^\d+\.(\d+)\./.exec(revision)?.[1]);
}
