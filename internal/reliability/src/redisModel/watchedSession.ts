import { isDeepStrictEqual } from 'node:util';
import type { HistoryChange } from '@agent-sessions/session-core/store';
import type { NodeRedisClient } from '@agent-sessions/session-redis';
import { IDS_PER_HALF } from './scripts';
import { must } from './violation';

/** What the model uses of a client of node-redis. */
export interface ModelClient extends NodeRedisClient {
  eval(lua: string, call: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown>;
  del(keys: string[]): Promise<number>;
  exists(keys: string[]): Promise<number>;
}

/** What a message asks for. */
export type Request =
  | { readonly kind: 'commit'; readonly change: HistoryChange }
  | { readonly kind: 'clear'; readonly id: string };

/** What delivering a message came to. */
export interface Delivery {
  readonly reply: unknown;
  readonly hasLanded: boolean;
  /** Whether the session was at the revision that the change asks for. */
  readonly wasAtRevision: boolean;
}

/** What is true of a session at one moment, on one line of its history. */
interface Truth {
  readonly records: readonly string[];
  /** Another number after every change of what is stored. */
  readonly state: number;
  /** A key was lost, and nothing was written since. */
  readonly isDamaged: boolean;
  readonly landed: ReadonlySet<string>;
  readonly operations: ReadonlyMap<string, string>;
}

interface Stored {
  readonly records: readonly string[];
  readonly rev: string;
  readonly hasId: boolean;
  readonly ids: number;
  /** Milliseconds that the list has left, then the hash, then the list again. */
  readonly left: readonly [number, number, number];
}

const NOTHING: Truth = { records: [], state: 0, isDamaged: false, landed: new Set(), operations: new Map() };
const LOOK = `
local ids, records = 0, redis.call('LRANGE', KEYS[1], 0, -1)
for i, element in ipairs(records) do records[i] = string.gsub(element, '\\t%d+$', '') end
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do if string.sub(field, 1, 2) == 'c:' then ids = ids + 1 end end
local state, rev = redis.call('HGET', KEYS[2], 'state'), ''
if state and string.sub(state, 43, 43) ~= '~' then
  local seq, length = struct.unpack('>I7I4', state, 32)
  rev = string.format('%.0f.%d.%s', seq, length, string.sub(state, 43))
end
return {
  records, rev, redis.call('HEXISTS', KEYS[2], 'c:' .. ARGV[1]),
  ids, redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2]), redis.call('PTTL', KEYS[1])
}`;
/** With one time to live, for that of two keys cannot be read at one moment. That they have the same is looked at elsewhere. */
const COPY = `
local copy, left = {}, 0
for _, key in ipairs(KEYS) do left = math.max(left, redis.call('PTTL', key)) end
for i, key in ipairs(KEYS) do
  local ttl = redis.call('PTTL', key) >= 0 and left or 0
  copy[i * 2 - 1], copy[i * 2] = redis.call('DUMP', key) or '', string.format('%d', ttl)
end
return copy`;
const RESTORE = `
local time = redis.call('TIME')
redis.call('DEL', unpack(KEYS))
for i, key in ipairs(KEYS) do
  local dump, left = ARGV[i * 2 - 1], tonumber(ARGV[i * 2])
  local deadline = left > 0 and string.format('%d', time[1] * 1000 + left) or 0
  if dump ~= '' then redis.call('RESTORE', key, deadline, dump, 'ABSTTL') end
end`;
const AGE = `
local state = redis.call('HGET', KEYS[1], 'state')
if state then
  local turned = struct.unpack('>I7', state, 18) - ARGV[1]
  redis.call('HSET', KEYS[1], 'state', string.sub(state, 1, 17) .. struct.pack('>I7', turned) .. string.sub(state, 25))
end`;
const FORTY_MINUTES = 2_400_000_000;

/** The two keys of one session, and what must be true of them after each message and each misfortune. */
export class WatchedSession {
  readonly keys: [items: string, meta: string];
  readonly #client: ModelClient;
  #truth = NOTHING;
  #states = 0;
  /** What each revision that ever was stands for: one state. */
  readonly #stateOf = new Map<string, number>();
  readonly #copies: { readonly truth: Truth; readonly restore: () => Promise<void> }[] = [];
  /** How many changes landed, or were taken back by a misfortune. */
  changes = 0;
  misfortunes = 0;

  constructor(
    client: ModelClient,
    keyPrefix: string,
    readonly id: string,
  ) {
    this.#client = client;
    this.keys = [`${keyPrefix}:{${id}}:items`, `${keyPrefix}:{${id}}:meta`];
  }

  get records(): readonly string[] {
    return this.#truth.records;
  }

  hasLanded(id: string): boolean {
    return this.#truth.landed.has(id);
  }

  operation(id: string): string | undefined {
    return this.#truth.operations.get(id);
  }

  /** Runs a script that may change the session, and judges what it did. */
  async deliver(request: Request, run: () => Promise<unknown>): Promise<Delivery> {
    const id = idOf(request);
    const ifRevision = request.kind === 'commit' ? request.change.ifRevision : undefined;
    const truth = this.#truth;
    const before = await this.#look(id);
    must(isDeepStrictEqual(before.records, truth.records), 'a read or a refusal changed the records');
    const reply = await run();
    const after = await this.#look(id);
    const isChanged = !isDeepStrictEqual(before.records, after.records);
    const hasLanded = isChanged || (after.hasId && !before.hasId);
    const wasAtRevision =
      !truth.isDamaged && (ifRevision === undefined || this.#names(ifRevision, truth, before));
    must(after.ids <= 2 * IDS_PER_HALF + 1, `${after.ids} commit ids are kept`);
    if (hasLanded) this.#land(request, truth, before, after);
    else if (after.rev !== before.rev) this.#enter({ ...truth, isDamaged: false }, after);
    return { reply, hasLanded, wasAtRevision };
  }

  /** @param read - what a store has read. */
  judgeRead(
    { records, revision }: { records: readonly unknown[]; revision: string },
    isWhole: boolean,
  ): void {
    const { records: all, state, isDamaged } = this.#truth;
    const expected = isWhole ? all : all.slice(-records.length);
    must(isDeepStrictEqual(records, expected), 'a read shows what is not stored');
    if (isDamaged) must(!this.#stateOf.has(revision), 'a damaged session has a revision of before');
    else if (revision === '0') must(all.length === 0, 'a session that holds something is at no revision');
    else must(this.#stateOf.get(revision) === state, 'a revision stands for two states');
    if (isDamaged && all.length === 0 && revision === '0')
      must(false, 'a damaged session reads as a new one');
    this.#stateOf.set(revision, this.#stateOf.get(revision) ?? (isDamaged ? -1 : state));
  }

  /** One of the keys, or both, go, as by an eviction, an expiry, or somebody's hand. */
  async lose(which: 'items' | 'meta' | 'both'): Promise<void> {
    const [items, meta] = this.keys;
    const gone = await this.#client.del({ items: [items], meta: [meta], both: [items, meta] }[which]);
    if (gone === 0) return;
    this.misfortunes++;
    const left = await this.#client.exists([meta]);
    const records = which === 'meta' ? this.#truth.records : [];
    const operations = left === 1 ? this.#truth.operations : new Map<string, string>();
    // Where nothing is left, nothing can be doubled.
    const landed = left === 0 && records.length === 0 ? new Set<string>() : this.#truth.landed;
    const { rev } = await this.#look('');
    const isDamaged = left === 1 ? rev !== '' && !rev.includes(`.${records.length}.`) : records.length > 0;
    this.#truth = { records, operations, landed, isDamaged, state: ++this.#states };
  }

  /** Keeps a copy, as a replica has it that falls behind from now on. */
  async copy(): Promise<void> {
    const { keys } = this;
    const bytes = this.#client.withCommandOptions({ typeMapping: { 36: Buffer }, timeout: 0 });
    const copy = (await bytes.eval(COPY, { keys, arguments: [] })) as Buffer[];
    const restore = async (): Promise<void> => {
      await this.#client.eval(RESTORE, { keys, arguments: copy });
    };
    this.#copies.push({ truth: this.#truth, restore });
  }

  /** The replica with the newest copy but this many takes over. Nothing happens where there is none. */
  async failOver(older: number): Promise<void> {
    const copy = this.#copies[this.#copies.length - 1 - older];
    if (copy === undefined) return;
    this.misfortunes++;
    await copy.restore();
    this.#truth = copy.truth;
  }

  /** So much time passes, as far as the ids are concerned, that no message under way arrives any more. */
  async age(): Promise<void> {
    await this.#client.eval(AGE, { keys: [this.keys[1]], arguments: [`${FORTY_MINUTES}`] });
  }

  async remove(): Promise<void> {
    await this.#client.del(this.keys);
  }

  #names(revision: string, { records, state }: Truth, { rev }: Stored): boolean {
    return revision === '0' ? records.length === 0 && rev === '' : this.#stateOf.get(revision) === state;
  }

  #land(request: Request, truth: Truth, before: Stored, after: Stored): void {
    this.changes++;
    const id = idOf(request);
    must(!truth.landed.has(id), `a ${request.kind} lands twice`);
    const landed = new Set(truth.landed).add(id);
    if (request.kind === 'clear') {
      must(after.records.length === 0 && after.rev === '', 'a clear leaves something');
      this.#truth = { records: [], landed, operations: new Map(), isDamaged: false, state: ++this.#states };
      return;
    }
    const { append, drop = 0, ifRevision, operation } = request.change;
    const kept = drop === 'all' ? 0 : Math.max(0, truth.records.length - drop);
    const expected = [...truth.records.slice(0, kept), ...append.map(String)];
    must(isDeepStrictEqual(after.records, expected), 'a commit does something else than it says');
    must(new Set(after.records).size === after.records.length, 'a record is there twice');
    must(operation === undefined || !truth.operations.has(operation.id), 'an operation is applied twice');
    const isAt = !truth.isDamaged && (ifRevision === undefined || this.#names(ifRevision, truth, before));
    must(ifRevision === undefined || isAt, 'a commit lands at another revision than it asks for');
    const [atFirst, ofMeta, atLast] = after.left;
    must(
      after.records.length === 0 || (atFirst >= ofMeta && ofMeta >= atLast),
      'the keys expire at different times',
    );
    const operations = new Map(truth.operations);
    if (operation !== undefined) operations.set(operation.id, operation.fingerprint);
    this.#enter({ ...truth, records: expected, landed, operations, isDamaged: false }, after);
  }

  #enter(truth: Truth, { rev }: Stored): void {
    this.#truth = { ...truth, state: ++this.#states };
    must(!this.#stateOf.has(rev), 'a revision comes back');
    this.#stateOf.set(rev, this.#truth.state);
  }

  async #look(id: string): Promise<Stored> {
    const [records, rev, hasId, ids, ...left] = (await this.#client.eval(LOOK, {
      keys: this.keys,
      arguments: [id],
    })) as [string[], string, number, number, number, number, number];
    return { records, rev, hasId: hasId === 1, ids, left };
  }
}

function idOf(request: Request): string {
  return request.kind === 'commit' ? request.change.idempotencyKey : request.id;
}
