import { NO_HISTORY, type StoredHistory } from '@agent-sessions/session-core/store';
import { Dice } from '../workload/dice';
import type { Answer, Call, Process, Verb } from './call';
import { nextVerb, type PastChange } from './calls';
import { Lookout } from './lookout';
import { Network } from './network';
import { Oracle, Violation } from './oracle';
import { planOf, type Gap, type Plan, type Step } from './plan';
import { Probe } from './probe';
import { enter, type loadStore } from './storeSources';
import { SimulatedTable, type TableNames } from './table';
import { brief, Trace } from './trace';
import { settled, VirtualTime } from './virtualTime';

type StoreModule = ReturnType<typeof loadStore>;

export interface ScheduleOptions {
  readonly seed: number;
  /** Whose store is tried. */
  readonly store: StoreModule;
  /** Whose reader the oracle looks with. */
  readonly reader: StoreModule;
  /** Steps that are left out, from 1 on, as calls are named by them. */
  readonly without?: ReadonlySet<number>;
}

export interface Outcome {
  /** What was violated; undefined where nothing was. */
  readonly violation: string | undefined;
  readonly trace: Trace;
  readonly steps: number;
  readonly calls: number;
}

/** The layout of a table as `createTableIfNotExists` makes it: all that is known of it here. */
const NAMES: TableNames = { partitionKey: 'session_id', sortKey: 'row', ttl: 'ttl' };
const SESSION = 'session';
const START = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The margins of all kinds that a protocol may have. */
const MARGINS_MS = [5, 15, 30, 60, -15, -60, 2 * 60, -2 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS);

/** More than any schedule takes. */
const MOST_EVENTS = 50_000;

/** Carries out what the seed says, until something is violated or all is done. */
export async function runSchedule(options: ScheduleOptions): Promise<Outcome> {
  return new Schedule(options).run();
}

class Schedule {
  readonly #plan: Plan;
  readonly #time = new VirtualTime(START);
  readonly #trace = new Trace(() => this.#time.now);
  readonly #table: SimulatedTable;
  readonly #network: Network;
  readonly #oracle: Oracle;
  readonly #processes: Process[] = [];
  readonly #past: PastChange[] = [];
  readonly #active = new Set<Call>();
  /** For DynamoDB, and for the random numbers of the stores. */
  readonly #dice: Dice;
  #violation: string | undefined;
  #events = 0;
  #calls = 0;

  constructor(private readonly options: ScheduleOptions) {
    const plan = planOf(options.seed);
    this.#plan = plan;
    this.#dice = new Dice(options.seed + 1);
    const chance = new Dice(options.seed + 2);
    enter({ time: this.#time, random: () => chance.next() / 2 ** 31 });
    this.#table = new SimulatedTable(NAMES, () => this.#time.now + plan.dynamoDBAhead);
    this.#network = new Network({
      time: this.#time,
      table: this.#table,
      weather: plan.weather,
      liberties: plan.liberties,
      trace: this.#trace,
      beforeLanding: () => this.#deleteOverdue(),
      onLanding: (call) => this.#oracle.onChange(call),
    });
    for (const [index] of plan.processes.entries()) this.#processes.push(this.#start(index, 1));
    const now = (): number => this.#time.now;
    this.#oracle = new Oracle({
      table: this.#table,
      lookout: new Lookout({
        table: this.#table,
        probe: new Probe(options.reader, this.#table, SESSION, this.#dice),
        processes: this.#processes,
        dynamoDBAhead: plan.dynamoDBAhead,
        now,
        dice: this.#dice,
      }),
      now,
    });
  }

  async run(): Promise<Outcome> {
    const { steps } = this.#plan;
    this.#describePlan();
    try {
      for (const [index, step] of steps.entries()) {
        if (this.options.without?.has(index + 1)) continue;
        const dice = new Dice(step.seed);
        await this.#until(await this.#momentAfter(step.gap, dice));
        if (step.kills) this.#kill(this.#victim(dice) ?? step.process);
        else await this.#call(step.process, dice, `${index + 1}`, this.#verb(step, dice, `${index + 1}`));
      }
      await this.#untilQuiet();
      for (const index of this.#processes.keys()) {
        await this.#call(index, new Dice(this.options.seed), `end${index}`, {
          verb: 'read',
          last: undefined,
          known: undefined,
        });
      }
      await this.#untilQuiet();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation ??= error.message;
    }
    return {
      violation: this.#violation,
      trace: this.#trace,
      steps: steps.length,
      calls: this.#calls,
    };
  }

  #start(index: number, generation: number): Process {
    const { clockAhead, options } = this.#plan.processes[index] as Plan['processes'][number];
    const { openWithClock } = this.options.store;
    const now = (): number => {
      const call = this.#time.context as Call | undefined;
      const shown = Math.floor(this.#time.now) + clockAhead;
      if (call) call.clock = { from: Math.min(call.clock?.from ?? shown, shown), to: shown };
      return shown;
    };
    const process: Process = {
      name: `p${index + 1}${"'".repeat(generation - 1)}`,
      clockAhead,
      options,
      store: openWithClock(
        { client: this.#network.client(() => process), tableName: 'sessions', ...defined(options) },
        now,
      ),
      isDead: false,
      revision: undefined,
      length: 0,
      known: undefined,
    };
    return process;
  }

  /** A process that has a call under way. */
  #victim(dice: Dice): number | undefined {
    const busy = [...this.#active].map(({ process }) => this.#processes.indexOf(process));
    return busy[dice.integer(0, busy.length - 1)];
  }

  #kill(index: number): void {
    const process = this.#processes[index] as Process;
    this.#trace.add(() => `✝ ${process.name} is killed`);
    process.isDead = true;
    for (const call of this.#active) if (call.process === process) this.#active.delete(call);
    this.#processes[index] = this.#start(index, process.name.length - `p${index + 1}`.length + 2);
  }

  #verb({ process, call }: Step, dice: Dice, name: string): Verb {
    const kind = call ?? dice.weighted(this.#plan.calls);
    return nextVerb(dice, kind, this.#processes[process] as Process, name, this.#past, this.#time.now);
  }

  async #call(index: number, dice: Dice, name: string, verb: Verb): Promise<void> {
    const process = this.#processes[index] as Process;
    const call: Call = {
      name: `${process.name}/${name}`,
      process,
      verb,
      dice,
      calledAt: this.#time.now,
      clock: undefined,
      answer: undefined,
    };
    this.#calls++;
    this.#trace.add(
      () => `▶ ${call.name}: ${verb.verb} ${brief(verb.verb === 'commit' ? verb.change : verb)}`,
    );
    this.#oracle.onCall(call);
    this.#active.add(call);
    if (verb.verb === 'commit') this.#past.push({ change: verb.change, at: this.#time.now });
    this.#time.context = call;
    void carryOut(process, verb).then((answer) => this.#onAnswer(call, answer));
    await settled();
  }

  #onAnswer(call: Call, answer: Answer): void {
    if (call.process.isDead) return;
    call.answer = answer;
    this.#active.delete(call);
    this.#trace.add(() => `◀ ${call.name}: ${describeAnswer(answer)}`);
    learn(call.process, call.verb, answer);
    try {
      this.#oracle.onAnswer(call);
    } catch (error) {
      this.#violation ??= (error as Error).message;
    }
  }

  /** DynamoDB deletes rows whose time is over, as it likes. */
  async #deleteOverdue(): Promise<void> {
    const { deletion } = this.#plan;
    if (deletion === 'never') return;
    if (deletion === 'in sweeps' && !this.#dice.happens(0.15)) return;
    const share = { 'at once': 1, 'in sweeps': 1, 'some at once': 0.6, 'now and then': 0.2 }[deletion];
    for (const row of shuffled(this.#table.overdue(), this.#dice)) {
      if (!this.#dice.happens(share)) continue;
      const key = row[NAMES.sortKey];
      this.#trace.add(() => `      DynamoDB deletes row ${brief(key)}, whose time is over`);
      this.#table.deleteRow(row);
      await this.#oracle.onChange(undefined);
    }
  }

  async #momentAfter(gap: Gap, dice: Dice): Promise<number> {
    switch (gap) {
      case 'at once':
        return this.#time.now + dice.integer(0, 30);
      case 'soon':
        return this.#time.now + dice.integer(0, 2_000);
      case 'within a minute':
        return this.#time.now + dice.integer(0, MINUTE_MS);
      case 'hours later':
        await this.#untilQuiet();
        return this.#time.now + dice.integer(1, 8 * HOUR_MS);
      case 'days later':
        await this.#untilQuiet();
        return this.#time.now + dice.integer(1, 5 * 24 * HOUR_MS);
      case 'at a boundary':
        await this.#untilQuiet();
        return this.#boundary(dice);
    }
  }

  /** A moment when something that a row says is about to be so, or would be by a clock or a margin that is off. */
  #boundary(dice: Dice): number {
    const { now } = this.#time;
    const any = <T>(values: readonly T[]): T | undefined => values[dice.integer(0, values.length - 1)];
    const kind = dice.weighted({ ttl: 4, expiry: 3, 'any time': 3 });
    const { dynamoDBAhead } = this.#plan;
    const clocks = this.#processes.map(({ clockAhead }) => clockAhead);
    const ahead =
      kind === 'ttl' && dice.happens(0.7) ? dynamoDBAhead : (any([dynamoDBAhead, ...clocks]) ?? 0);
    const margin = dice.happens(0.6) ? 0 : (any(MARGINS_MS) ?? 0);
    const jitter = dice.integer(-1, 1) * dice.pick([0, 10, 100, 100, 1_000, 20_000]);
    const moments = this.#timesOf(kind)
      .map((moment) => moment - ahead + margin + jitter)
      .filter((moment) => moment > now);
    return any(moments) ?? now + dice.integer(1, HOUR_MS);
  }

  #timesOf(kind: 'ttl' | 'expiry' | 'any time'): number[] {
    if (kind === 'expiry')
      return this.#oracle.states.map(({ expires }) => expires.from).filter(Number.isFinite);
    return this.#table.rows
      .flatMap((row) => (kind === 'ttl' ? [row[NAMES.ttl]] : Object.values(row)))
      .flatMap((value) => (value?.N ?? value?.S ?? '').split(/[ =]/))
      .flatMap((word) => timeOf(Number(word)) ?? []);
  }

  /** Until no call is under way any more, and nothing more can land. */
  async #untilQuiet(): Promise<void> {
    while (this.#active.size > 0 && (await this.#step()));
    // Most schedules go on while requests that nobody waits for are still on their way.
    if (this.#dice.happens(0.5)) await this.#until(this.#time.now + MINUTE_MS);
  }

  async #until(moment: number): Promise<void> {
    const end = { isReached: false };
    this.#time.after(moment - this.#time.now, () => {
      end.isReached = true;
    });
    while (!end.isReached && (await this.#step()));
  }

  async #step(): Promise<boolean> {
    if (++this.#events > MOST_EVENTS) throw new Violation('no end');
    const isMore = await this.#time.step();
    if (this.#violation !== undefined) throw new Violation(this.#violation);
    return isMore;
  }

  #describePlan(): void {
    const { processes, dynamoDBAhead, deletion, liberties } = this.#plan;
    this.#trace.add(
      () => `DynamoDB's clock is ${dynamoDBAhead} ms ahead; it deletes ${deletion}; ${brief(liberties)}`,
    );
    for (const [index, { clockAhead, options }] of processes.entries()) {
      this.#trace.add(() => `p${index + 1}: its clock is ${clockAhead} ms ahead; ${brief(options)}`);
    }
  }
}

async function carryOut({ store }: Process, verb: Verb): Promise<Answer> {
  try {
    switch (verb.verb) {
      case 'commit':
        return { kind: 'committed', result: await store.commit(SESSION, verb.change) };
      case 'read': {
        const { last, known } = verb;
        const history = await store.read(SESSION, { last, after: known?.revision });
        return { kind: 'history', history: known ? completed(known, history) : history };
      }
      case 'clear':
        await store.clear(SESSION);
        return { kind: 'cleared' };
    }
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    return { kind: 'error', code: String(code ?? name), error };
  }
}

/** What its caller has after a read that asked for what came after `known`. */
function completed(known: StoredHistory, { records, revision, after }: StoredHistory): StoredHistory {
  return { revision, records: after === known.revision ? [...known.records, ...records] : records };
}

function learn(process: Process, verb: Verb, answer: Answer): void {
  if (answer.kind === 'history') {
    const isWhole = verb.verb === 'read' && verb.last === undefined;
    if (isWhole) process.known = answer.history.revision === NO_HISTORY ? undefined : answer.history;
    process.revision = answer.history.revision;
    process.length = answer.history.records.length;
  } else if (answer.kind === 'committed' && answer.result.status === 'committed') {
    process.revision = answer.result.revision;
  } else if (answer.kind === 'cleared') {
    process.revision = '0';
    process.length = 0;
  }
}

function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'committed':
      return brief(answer.result);
    case 'history':
      return brief(answer.history);
    case 'cleared':
      return 'cleared';
    case 'error':
      return `✗ ${answer.code}`;
  }
}

/** The moment that a number may mean, in milliseconds or in seconds since the epoch. */
function timeOf(value: number): number | undefined {
  const year = 365 * 24 * HOUR_MS;
  return [value, value * 1_000].find((moment) => Math.abs(moment - START) < year);
}

function shuffled<T>(values: readonly T[], dice: Dice): T[] {
  return values
    .map((value) => ({ value, place: dice.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ value }) => value);
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
