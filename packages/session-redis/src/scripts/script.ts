import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

export interface RedisScript {
  readonly lua: string;
  /** Of `lua`, in hexadecimal: what `EVALSHA` takes. */
  readonly sha1: string;
}

/** What a script is called with. */
export interface RedisScriptCall {
  keys: string[];
  /** Send Buffers as the bytes that they are: what turns them into text gets a question mark. */
  arguments: (string | Buffer)[];
}

export function defineScript(lua: string): RedisScript {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}
