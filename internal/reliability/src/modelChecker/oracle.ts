import { NO_HISTORY, type CommitResult, type StoredHistory } from '@agent-sessions/session-core/store';
import {
  afterCommit,
  afterTouch,
  EMPTY,
  sameRecords,
  seenAt,
  type Interval,
  type State,
} from './abstractSession';
import type { Call } from './call';
import { describeSight, describeState } from './describe';
import type { Look, Lookout } from './lookout';
import type { SimulatedTable } from './table';

/** What must never happen, and did. */
export class Violation extends Error {}

/** From one change of the table to the next. */
interface Period {
  readonly from: number;
  /** What the session may be: more than one where nobody can tell yet. */
  readonly states: readonly State[];
}

interface Effect {
  readonly call: Call;
  readonly revision: string | undefined;
  /** The period that it began. */
  readonly period: number;
  /** Whether the same may have been the effect of something else. */
  readonly isCertain: boolean;
}

interface Candidate {
  readonly state: State;
  readonly isEffect: boolean;
  /** Whether the state is a new one, with a revision of its own. */
  readonly isCommit: boolean;
}

/** Of a call that has not asked for the time. */
const ANY_TIME: Interval = { from: -Infinity, to: Infinity };
/** Errors that promise that nothing was changed. */
const UNCHANGED = new Set(['CONTENTION', 'CONFLICT']);
/** Errors after which nobody knows. */
const UNKNOWN = new Set(['TIMEOUT', 'ABORTED', 'STORE_UNAVAILABLE']);

export interface OracleOptions {
  readonly table: SimulatedTable;
  readonly lookout: Lookout;
  /** True time. */
  readonly now: () => number;
}

/**
 * Follows what the session must be, by the contract alone, from one change of the table to the next: each is explained by one
 * call that is under way, or it changes nothing that anybody can see. And each answer must fit a moment of its call.
 */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #periods: Period[];
  readonly #effects = new Map<string, Effect[]>();
  readonly #revisions = new Set<string>([NO_HISTORY]);
  readonly #invokedIn = new Map<Call, number>();
  /** By call: changes of the table that were not its own, until it was called. */
  readonly #othersBefore = new Map<Call, number>();
  readonly #ownChanges = new Map<Call, number>();

  constructor(options: OracleOptions) {
    this.#options = options;
    this.#periods = [{ from: -Infinity, states: [EMPTY] }];
  }

  /** What the session may be now. */
  get states(): readonly State[] {
    return this.#periods.at(-1)?.states ?? [];
  }

  onCall(call: Call): void {
    this.#invokedIn.set(call, this.#periods.length - 1);
    this.#othersBefore.set(call, this.#options.table.changes);
  }

  /** After each change of the table. @param call Undefined where DynamoDB deleted rows. @throws `Violation` */
  async onChange(call: Call | undefined): Promise<void> {
    if (call) this.#ownChanges.set(call, (this.#ownChanges.get(call) ?? 0) + 1);
    const candidates = this.#candidates(call);
    const ends = candidates.flatMap(({ state: { expires } }) => [expires.from - 1, expires.to]);
    const looks = await this.#options.lookout.look(ends);
    const explained = candidates.flatMap((candidate) => this.#explain(candidate, looks) ?? []);
    if (explained.length === 0) throw this.#unexplained(call, candidates, looks);
    const effects = explained.filter(({ isEffect }) => isEffect);
    this.#periods.push({ from: this.#options.now(), states: distinct(explained.map(({ state }) => state)) });
    if (call && effects.length > 0) this.#record(call, effects, effects.length === explained.length);
  }

  #unexplained(call: Call | undefined, candidates: readonly Candidate[], looks: readonly Look[]): Violation {
    const effects = candidates.filter(({ isEffect }) => isEffect);
    return new Violation(
      [
        `what ${call ? `${call.name} did` : 'DynamoDB deleted'} cannot be explained; the session is`,
        ...this.states.map((state) => `  ${describeState(state)}`),
        ...effects.map(({ state }) => `  or, after it, ${describeState(state)}`),
        'but a reader sees',
        ...looks.map(({ text, sight }) => `  ${text()}: ${describeSight(sight)}`),
      ].join('\n'),
    );
  }

  /** @throws `Violation` */
  onAnswer(call: Call): void {
    const { answer, verb } = call;
    if (answer === undefined) return;
    const fail = (what: string): never => {
      throw new Violation(`${call.name}: ${what}`);
    };
    if (answer.kind === 'error') {
      if (UNCHANGED.has(answer.code)) {
        if (this.#certainEffect(call)) fail(`${answer.code} says that nothing changed, but it did`);
        const others = this.#options.table.changes - (this.#othersBefore.get(call) ?? 0);
        if (others === (this.#ownChanges.get(call) ?? 0)) fail(`${answer.code}, though nobody else wrote`);
        return;
      }
      if (!UNKNOWN.has(answer.code)) fail(`${answer.code} on a healthy table: ${String(answer.error)}`);
      return;
    }
    const window = this.#window(call);
    const clock = call.clock ?? ANY_TIME;
    const seen = window.flatMap(({ states }) => states.flatMap((state) => seenAt(state, clock)));
    if (answer.kind === 'history' && verb.verb === 'read') {
      if (!seen.some((state) => showsAs(state, verb.last, answer.history))) {
        fail(
          `read ${describeSight(answer.history)}, but the session was\n${distinct(seen)
            .map((state) => `  ${describeState(state)}`)
            .join('\n')}`,
        );
      }
    }
    if (answer.kind === 'cleared' && !seen.some((state) => state.revision === NO_HISTORY)) {
      fail('cleared, but the session never was empty meanwhile');
    }
    if (answer.kind === 'committed' && verb.verb === 'commit') {
      this.#judgeCommit(call, answer.result, seen, fail);
    }
  }

  #judgeCommit(
    call: Call,
    result: CommitResult,
    seen: readonly State[],
    fail: (what: string) => never,
  ): void {
    if (call.verb.verb !== 'commit') return;
    const { idempotencyKey, ifRevision, operation } = call.verb.change;
    const effects = this.#effects.get(idempotencyKey) ?? [];
    if (result.status === 'committed') {
      const isKnown = effects.some(({ revision }) => revision === undefined || revision === result.revision);
      if (!isKnown) fail(`acknowledged as ${result.revision}, but it never was in`);
      return;
    }
    if (effects.some((effect) => effect.call === call && effect.isCertain)) {
      fail(`${result.status}, but it had changed the session`);
    }
    const invokedIn = this.#invokedIn.get(call) ?? 0;
    const wasIn = effects.some(({ isCertain, period }) => isCertain && period <= invokedIn);
    if (wasIn && !effects.some((effect) => this.#isForgotten(effect))) {
      fail(`${result.status}, but an earlier try was in`);
    }
    const fingerprints = seen.map(({ operations }) => operations.get(operation?.id ?? ''));
    if (result.status === 'conflict' && !seen.some(({ revision }) => revision !== ifRevision)) {
      fail('conflict, though the session was at its revision');
    }
    if (result.status === 'operation-mismatch') {
      if (!fingerprints.some((each) => each !== undefined && each !== operation?.fingerprint)) {
        fail('operation-mismatch, though nobody used the operation id');
      }
    }
    if (result.status === 'repeated') {
      const isRepeated = seen.some(
        ({ operations, revision }) =>
          operation !== undefined &&
          operations.get(operation.id) === operation.fingerprint &&
          (revision === undefined || revision === result.revision),
      );
      if (!isRepeated) fail(`repeated at ${result.revision}, though the operation was not in`);
    }
  }

  /** What the session may be after something that `call` did. */
  #candidates(call: Call | undefined): Candidate[] {
    const unchanged = this.states.map((state): Candidate => ({ state, isEffect: false, isCommit: false }));
    return call ? [...unchanged, ...this.#afterEffect(call, this.states)] : unchanged;
  }

  #afterEffect(call: Call, states: readonly State[]): Candidate[] {
    const { verb, process, answer } = call;
    const clock = call.clock ?? ANY_TIME;
    const mayStillTakeEffect = answer === undefined || (answer.kind === 'error' && UNKNOWN.has(answer.code));
    if (!mayStillTakeEffect) return [];
    if (verb.verb === 'read') {
      return states.flatMap((state) => {
        const touched = afterTouch(state, process.options, clock);
        return touched ? { state: touched, isEffect: true, isCommit: false } : [];
      });
    }
    if (verb.verb === 'clear') {
      return this.#certainEffect(call) ? [] : [{ state: EMPTY, isEffect: true, isCommit: false }];
    }
    const tries = this.#effects.get(verb.change.idempotencyKey) ?? [];
    const isIn = tries.some(
      (effect) => effect.isCertain && (effect.call === call || !this.#isForgotten(effect)),
    );
    if (isIn) return [];
    return states
      .flatMap((state) => seenAt(state, clock))
      .flatMap((seen) => {
        const state = afterCommit(seen, verb.change, process.options, clock);
        return state ? { state, isEffect: true, isCommit: true } : [];
      });
  }

  /** The candidate, with the revision that was seen; undefined where it does not fit. */
  #explain(candidate: Candidate, looks: readonly Look[]): Candidate | undefined {
    let { revision } = candidate.state;
    for (const { clock, sight } of looks) {
      if ('failure' in sight) return undefined;
      const isNew = candidate.isCommit && revision === undefined;
      const fits = seenAt(candidate.state, clock).some((seen) => {
        if (!sameRecords(seen.records, sight.records)) return false;
        if (seen === EMPTY) return sight.revision === NO_HISTORY;
        return isNew ? !this.#revisions.has(sight.revision) : (revision ?? sight.revision) === sight.revision;
      });
      if (!fits) return undefined;
      if (sight.revision !== NO_HISTORY) revision ??= sight.revision;
    }
    return { ...candidate, state: { ...candidate.state, revision } };
  }

  #record(call: Call, effects: readonly Candidate[], isCertain: boolean): void {
    const key = call.verb.verb === 'commit' ? call.verb.change.idempotencyKey : call.name;
    const known = this.#effects.get(key) ?? [];
    this.#effects.set(key, known);
    for (const { state } of effects) {
      known.push({ call, revision: state.revision, period: this.#periods.length - 1, isCertain });
      if (state.revision !== undefined) this.#revisions.add(state.revision);
    }
  }

  #certainEffect(call: Call): boolean {
    const key = call.verb.verb === 'commit' ? call.verb.change.idempotencyKey : call.name;
    return (this.#effects.get(key) ?? []).some((effect) => effect.call === call && effect.isCertain);
  }

  /** Whether others changed the session since: then another call with the same commit id may not be recognised. */
  #isForgotten({ period, call }: Effect): boolean {
    return [...this.#effects.values()].flat().some((other) => other.call !== call && other.period > period);
  }

  #window(call: Call): readonly Period[] {
    return this.#periods.slice(this.#invokedIn.get(call) ?? 0);
  }
}

function showsAs(state: State, last: number | undefined, { records, revision }: StoredHistory): boolean {
  const expected = last === undefined ? state.records : state.records.slice(-last);
  return (state.revision ?? revision) === revision && sameRecords(expected, records);
}

function distinct(states: readonly State[]): State[] {
  const byText = new Map(
    states.map((state) => [JSON.stringify([describeState(state), [...state.operations]]), state]),
  );
  return [...byText.values()];
}
