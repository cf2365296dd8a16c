import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { NO_HISTORY, type HistoryOperation, type Revision } from '@agent-sessions/session-core/store';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStore, DynamoDBStoreOptions } from '../src';
import { connectionReset, Crash, intercept } from './support/requests';
import { newId } from './support/store';
import { headerOf, newClient, TestTable } from './support/table';

/*
 * Random sequences of commits, clears, and reads by stores with and without expiry, while answers get lost, processes die
 * between two requests, time passes, and DynamoDB deletes some of the rows that may go: after each step, the session is
 * what a plain list would be.
 */

const SEED = Number(process.env.SEED ?? 20_260_101);
const RUNS = Number(process.env.RUNS ?? 40);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const STORES: Pick<DynamoDBStoreOptions, 'ttlSeconds' | 'ttlRefresh'>[] = [
  {},
  { ttlSeconds: 60 },
  { ttlSeconds: 7_200 },
  { ttlSeconds: 60, ttlRefresh: 'access' },
  { ttlSeconds: 7_200, ttlRefresh: 'access' },
  { ttlSeconds: 600, ttlRefresh: 'never' },
];

interface Fault {
  readonly kind: 'none' | 'lost answers' | 'dies before' | 'dies after';
  /** Which request of the step it meets. */
  readonly at: number;
}

type Step =
  | {
      readonly do: 'commit';
      readonly store: number;
      readonly sizes: number[];
      readonly drop: number | 'all';
      readonly basis: 'any' | 'current' | 'outdated';
      readonly operation: HistoryOperation | undefined;
      readonly fault: Fault;
    }
  | { readonly do: 'clear'; readonly store: number; readonly fault: Fault }
  | {
      readonly do: 'read';
      readonly store: number;
      readonly last: number | undefined;
      readonly fault: Fault;
    }
  | { readonly do: 'wait'; readonly ms: number; readonly deletes: number };

const store = fc.nat(STORES.length - 1);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault>({ kind: 'none', at: 0 }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('lost answers' as const, 'dies before' as const, 'dies after' as const),
      at: fc.nat(5),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      store,
      sizes: fc.array(
        fc.oneof({ weight: 12, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(900_000) }),
        { maxLength: 4 },
      ),
      drop: fc.oneof(
        { weight: 6, arbitrary: fc.nat(5) },
        { weight: 1, arbitrary: fc.constant('all' as const) },
      ),
      basis: fc.constantFrom('any' as const, 'any' as const, 'current' as const, 'outdated' as const),
      operation: fc.option(
        fc.record({ id: fc.constantFrom('o1', 'o2', 'o3', 'o4'), fingerprint: fc.constantFrom('f1', 'f2') }),
        { nil: undefined, freq: 3 },
      ),
      fault,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), store, fault }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      store,
      last: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
      fault,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(50_000), fc.nat(100 * MINUTE), fc.nat(3 * DAY)),
      deletes: fc.nat(100),
    }),
  },
);

interface Model {
  readonly records: readonly string[];
  readonly operations: ReadonlyMap<string, string>;
  readonly expiresAt: number;
  readonly isEmpty: boolean;
}

const NOTHING: Model = { records: [], operations: new Map(), expiresAt: Infinity, isEmpty: true };

let now = Date.now();

function expiryAfterWrite(store: number, { expiresAt }: Model): number {
  const { ttlSeconds, ttlRefresh } = STORES[store] ?? {};
  if (ttlSeconds === undefined) return Infinity;
  return ttlRefresh === 'never' && expiresAt !== Infinity ? expiresAt : now + ttlSeconds * 1_000;
}

function expiryAfterRead(store: number, { expiresAt }: Model): number {
  const { ttlSeconds = Infinity, ttlRefresh } = STORES[store] ?? {};
  const isDue = ttlRefresh === 'access' && expiresAt - now <= ttlSeconds * 900;
  return isDue ? now + ttlSeconds * 1_000 : expiresAt;
}

/** A store of a process of its own, in which requests can fail. */
class Process {
  readonly client: DynamoDBClient = newClient();
  readonly store: DynamoDBStore;
  lastSeen: Revision | undefined;
  #fault: Fault = { kind: 'none', at: 0 };
  #requests = 0;

  constructor(table: TestTable, number: number) {
    this.store = table.open({ ...STORES[number], client: this.client }, () => now);
    intercept(this.client, async (_, send) => {
      const { kind, at } = this.#fault;
      const number = this.#requests++;
      if (kind === 'dies before' && number >= at) throw new Crash();
      if (kind === 'dies after' && number > at) throw new Crash();
      const answer = await send();
      if (kind === 'dies after' && number === at) throw new Crash();
      if (kind === 'lost answers' && number === at) throw connectionReset();
      return answer;
    });
  }

  async with<T>(fault: Fault, action: () => Promise<T>): Promise<T | 'crashed'> {
    this.#fault = fault;
    this.#requests = 0;
    try {
      return await action();
    } catch (error) {
      if (fault.kind.startsWith('dies')) return 'crashed';
      throw error;
    } finally {
      this.#fault = { kind: 'none', at: 0 };
    }
  }
}

const table = new TestTable();

beforeAll(() => table.create());
afterAll(() => table.drop());

test('any sequence of steps leaves what a list would hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 45, size: 'max' }), async (steps) => {
      await new Run().follow(steps);
    }),
    { seed: SEED, numRuns: RUNS },
  );
}, 600_000);

class Run {
  readonly #id = newId();
  readonly #processes = STORES.map((_, number) => new Process(table, number));
  readonly #witness = table.open({}, () => now);
  readonly #revisions: Revision[] = ['1.never'];
  #revision: Revision = NO_HISTORY;
  #model = NOTHING;
  #count = 0;

  async follow(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#take(step);
      await this.#check();
    }
    await this.#checkThatNothingIsLeft();
    for (const { client } of this.#processes) client.destroy();
  }

  async #take(step: Step): Promise<void> {
    if (step.do === 'wait') {
      now += step.ms;
      await this.#deleteSome(step.deletes);
      return;
    }
    const process = this.#processes[step.store] as Process;
    const before = this.#current();
    if (step.do === 'read') {
      const result = await process.with(step.fault, () => process.store.read(this.#id, { last: step.last }));
      const expiresAt = expiryAfterRead(step.store, before);
      if (result === 'crashed') return this.#readCrashed(step.store, before, expiresAt);
      const { records, revision } = result;
      expect(records).toEqual(step.last === undefined ? before.records : before.records.slice(-step.last));
      expect(revision).toBe(this.#revision);
      this.#model = { ...before, expiresAt };
      process.lastSeen = revision;
      return;
    }
    if (step.do === 'clear') {
      const result = await process.with(step.fault, () => process.store.clear(this.#id));
      if (result === 'crashed') return this.#crashed(step.store, before, NOTHING);
      this.#set(NOTHING, NO_HISTORY);
      process.lastSeen = NO_HISTORY;
      return;
    }

    const append = step.sizes.map((size) => `${this.#count++}:`.padEnd(size, 'x'));
    const ifRevision =
      step.basis === 'any' ? undefined : step.basis === 'current' ? this.#revision : this.#outdated();
    const change = {
      idempotencyKey: randomUUID(),
      append,
      drop: step.drop,
      ifRevision,
      operation: step.operation,
    };
    const result = await process.with(step.fault, () =>
      process.store.commit(this.#id, { ...change, lastSeen: process.lastSeen }),
    );
    const known = step.operation && before.operations.get(step.operation.id);
    const status =
      known !== undefined
        ? known === step.operation?.fingerprint
          ? 'repeated'
          : 'operation-mismatch'
        : step.basis === 'outdated'
          ? 'conflict'
          : 'committed';
    const kept = step.drop === 'all' ? 0 : Math.max(0, before.records.length - step.drop);
    const after: Model = {
      records: [...before.records.slice(0, kept), ...append],
      operations: new Map([
        ...before.operations,
        ...(step.operation ? [[step.operation.id, step.operation.fingerprint] as const] : []),
      ]),
      expiresAt: expiryAfterWrite(step.store, before),
      isEmpty: false,
    };
    if (result === 'crashed')
      return this.#crashed(step.store, before, status === 'committed' ? after : before);
    expect(result.status).toBe(status);
    if (result.status === 'repeated') expect(result.revision).toBe(this.#revision);
    if (result.status !== 'committed') return;
    this.#set(after, result.revision);
    process.lastSeen = result.revision;
  }

  /** The process is gone; what it was doing is done, or not. */
  async #crashed(store: number, before: Model, after: Model): Promise<void> {
    this.#restart(store);
    const { records, revision } = await this.#witness.read(this.#id);
    if (revision === this.#revision) return;
    expect(after).not.toBe(before);
    expect(records).toEqual(after.records);
    this.#set(after, revision);
  }

  /** The process is gone; the session is what it was, and it is extended, or not. */
  async #readCrashed(store: number, before: Model, expiresAt: number): Promise<void> {
    this.#restart(store);
    const [newest] = (await table.log(this.#id)).slice(-1);
    if (Number(headerOf(newest).expires) === expiresAt) this.#model = { ...before, expiresAt };
  }

  #restart(store: number): void {
    this.#processes[store]?.client.destroy();
    this.#processes[store] = new Process(table, store);
  }

  /** As time goes by, what has expired is nothing any more. */
  #current(): Model {
    if (this.#model.expiresAt <= now) this.#set(NOTHING, NO_HISTORY);
    return this.#model;
  }

  #set(model: Model, revision: Revision): void {
    this.#model = model;
    if (!this.#revisions.includes(this.#revision)) this.#revisions.push(this.#revision);
    this.#revision = revision;
  }

  #outdated(): Revision {
    return this.#revisions.findLast((revision) => revision !== this.#revision) ?? '';
  }

  async #check(): Promise<void> {
    const { records } = this.#current();
    expect(await this.#witness.read(this.#id)).toEqual({ records, revision: this.#revision });
  }

  async #deleteSome(percent: number): Promise<void> {
    for (const [index, row] of (await table.rows(this.#id)).entries()) {
      const isOver = row.ttl !== undefined && Number(row.ttl.N) <= now / 1_000;
      if (isOver && (index * 37) % 100 < percent) await table.delete(row);
    }
  }

  async #checkThatNothingIsLeft(): Promise<void> {
    for (let day = 0; day < 2; day++) {
      await this.#witness.clear(this.#id);
      expect((await table.log(this.#id)).filter((row) => row.commit)).toEqual([]);
      now += 2 * DAY;
      await this.#deleteSome(100);
    }
    expect(await table.rows(this.#id)).toEqual([]);
  }
}
