import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

/** What a script is called with. */
export interface ScriptCall {
  keys: string[];
  arguments: (string | Buffer)[];
}

export function defineScript(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}
