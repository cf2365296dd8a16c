import { SessionError } from '@agent-sessions/session-core';
import {
  NO_HISTORY,
  type CommitResult,
  type HistoryChange,
  type StoredHistory,
} from '@agent-sessions/session-core/store';
import { RedisStore, type RedisStoreOptions } from '@agent-sessions/session-redis';
import type { Dice } from '../workload/dice';
import type { Tally } from '../workload/tally';
import { Call, type CallPlan, type Line, type Loss } from './call';
import { must } from './violation';

export const KEY_PREFIX = 'model';
/** Longer than any schedule takes: whatever fails does so for another reason. */
const TIMEOUT_MS = 60_000;
const KINDS: readonly [Partial<RedisStoreOptions>, ...Partial<RedisStoreOptions>[]] = [
  {},
  { ttlSeconds: 600 },
  { ttlSeconds: 600, ttlRefresh: 'never' },
  { ttlSeconds: 900, ttlRefresh: 'access' },
];

/** The steps, and how often each is taken. */
const STEPS = {
  append: 6,
  change: 5,
  operate: 2,
  clear: 1,
  read: 2,
  'a message arrives late, or again': 3,
  'the list is lost': 1,
  'the hash is lost': 1.5,
  'both keys are lost': 0.5,
  'a replica falls behind': 1.5,
  'a stale replica takes over': 1,
  'forty minutes pass': 0.5,
};
type Step = keyof typeof STEPS;
/** Between two tries of a call, which take less. */
const MEANWHILE: Readonly<Record<Step, number>> = { ...STEPS, 'forty minutes pass': 0 };

/**
 * Some steps, by chance, on one session of a real server: calls of stores whose messages or answers get lost, what happens
 * between their tries, messages that arrive late, lost keys and stale replicas. One after the other, so that after each
 * script it can be said what must be true.
 */
export class Schedule {
  /** What was done, one line a step. */
  readonly log: string[] = [];
  readonly #line: Line;
  readonly #dice: Dice;
  readonly #figures: Tally;
  /** Whole histories, whose readers ask later for what came after them. */
  readonly #seen: StoredHistory[] = [];
  #names = 0;

  constructor(line: Line, dice: Dice, figures: Tally) {
    this.#line = line;
    this.#dice = dice;
    this.#figures = figures;
  }

  /** @throws `Violation` */
  async run(): Promise<void> {
    for (let left = this.#dice.integer(8, 24); left > 0; left--) {
      await this.#step(this.#dice.weighted(STEPS), this.#dice.happens(0.4));
    }
    await this.#settle();
  }

  /** Whatever happened, the session is of use again, with one conflict at most. */
  async #settle(): Promise<void> {
    this.log.push('the end');
    const change = async (): Promise<CommitResult | undefined> => {
      const { revision } = await this.#read();
      return this.#commit({ append: [this.#name()], ifRevision: revision });
    };
    const first = await change();
    const result = first?.status === 'conflict' ? await change() : first;
    must(result?.status === 'committed', 'conflicts do not end');
    must(
      (await this.#commit({ append: [this.#name()] }))?.status === 'committed',
      'an append does not go in',
    );
    await this.#clear();
    must((await this.#read()).revision === '0', 'a cleared session is at a revision');
  }

  async #step(step: Step, mayBeLost = false): Promise<void> {
    this.log.push(step);
    this.#figures.add(`step: ${step}`);
    const { session, sent } = this.#line;
    const loss = mayBeLost ? this.#dice.pick<Loss>(['answer', 'answer', 'message']) : undefined;
    switch (step) {
      case 'append': {
        const lastSeen = this.#dice.happens(0.5) ? (await this.#read()).revision : undefined;
        await this.#commit({ append: this.#appended(), lastSeen }, loss);
        return;
      }
      case 'change': {
        const { revision } = await this.#read();
        if (this.#dice.happens(0.3)) await this.#step(this.#dice.weighted(MEANWHILE));
        const drop = this.#dice.pick<number | 'all'>([0, 1, 1, 2, 'all']);
        await this.#commit(
          { append: this.#appended(), drop, ifRevision: revision, lastSeen: revision },
          loss,
        );
        return;
      }
      case 'operate': {
        const operation = { id: this.#dice.pick(['x', 'y']), fingerprint: this.#dice.pick(['f', 'g']) };
        await this.#commit({ append: this.#appended(), operation }, loss);
        return;
      }
      case 'clear':
        return this.#clear(loss);
      case 'read':
        await this.#read();
        return;
      case 'a message arrives late, or again': {
        const message = sent[this.#dice.integer(0, Math.max(sent.length - 1, 0))];
        if (message !== undefined) await session.deliver(message.request, message.arrive);
        return;
      }
      case 'the list is lost':
        return session.lose('items');
      case 'the hash is lost':
        return session.lose('meta');
      case 'both keys are lost':
        return session.lose('both');
      case 'a replica falls behind':
        return session.copy();
      case 'a stale replica takes over':
        return session.failOver(this.#dice.integer(0, 2));
      case 'forty minutes pass':
        sent.length = 0;
        return session.age();
    }
  }

  async #read(): Promise<{ readonly revision: string }> {
    const { session } = this.#line;
    const store = this.#store(new Call(this.#line));
    if (this.#seen.length > 0 && this.#dice.happens(0.5)) {
      const known = this.#dice.pick(this.#seen as [StoredHistory]);
      const { records, revision, after } = await store.read(session.id, { after: known.revision });
      if (after !== undefined) this.#figures.add('reads of what is new');
      const whole = { records: after === undefined ? records : [...known.records, ...records], revision };
      session.judgeRead(whole, true);
      return whole;
    }
    const last = this.#dice.happens(0.3) ? this.#dice.integer(1, 3) : undefined;
    const history = await store.read(session.id, { last });
    session.judgeRead(history, last === undefined);
    if (last === undefined && history.revision !== NO_HISTORY) this.#seen.push(history);
    return history;
  }

  async #commit(
    change: Omit<HistoryChange, 'idempotencyKey'>,
    loss?: Loss,
  ): Promise<CommitResult | undefined> {
    const { session } = this.#line;
    const full = { ...change, idempotencyKey: this.#name() };
    const call = this.#call({ request: { kind: 'commit', change: full }, loss });
    const result = await this.#outcome(this.#store(call).commit(session.id, full), call);
    if (result === undefined) return undefined;
    this.log.push(`  ${full.idempotencyKey}: ${result.status}`);
    const { ifRevision, operation } = change;
    const known = operation && session.operation(operation.id);
    switch (result.status) {
      case 'committed':
        must(session.hasLanded(full.idempotencyKey), 'a commit is acknowledged that is not in');
        break;
      case 'conflict':
        must(ifRevision !== undefined, 'a commit without a condition conflicts');
        must(!session.hasLanded(full.idempotencyKey), 'a commit that is in conflicts');
        must(call.deliveries.at(-1)?.wasAtRevision === false, "a commit at the session's revision conflicts");
        break;
      case 'repeated':
        must(known !== undefined && known === operation?.fingerprint, 'an operation that is new is repeated');
        break;
      case 'operation-mismatch':
        must(
          known !== undefined && known !== operation?.fingerprint,
          'an operation that fits does not match',
        );
        break;
    }
    return result;
  }

  async #clear(loss?: Loss): Promise<void> {
    const call = this.#call({ request: { kind: 'clear' }, loss });
    await this.#outcome(this.#store(call).clear(this.#line.session.id), call);
  }

  #call(plan: CallPlan): Call {
    const meanwhile = async (): Promise<void> => {
      this.log.push(`  the ${plan.loss ?? 'answer'} is lost, and meanwhile`);
      for (let left = this.#dice.integer(0, 5); left > 0; left--)
        await this.#step(this.#dice.weighted(MEANWHILE));
      this.log.push('  then it is tried again');
    };
    return new Call(this.#line, { ...plan, meanwhile });
  }

  /** @returns undefined where the call ended in an error that it may end in. */
  async #outcome<T>(work: Promise<T>, call: Call): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (this.#line.failure) throw this.#line.failure.error;
      if (!SessionError.is(error)) throw error;
      this.log.push(`  ${error.code}: ${error.message}`);
      must(error.code === 'STORE_UNAVAILABLE' && call.mayFail, `a call ended in ${error.code}`);
      must(!call.mustBeKnown, 'a retry was not recognised in its time');
      this.#figures.add('retries whose ids were forgotten');
      return undefined;
    }
  }

  #store({ client }: Call): RedisStore {
    return new RedisStore({
      ...this.#dice.pick(KINDS),
      client,
      keyPrefix: KEY_PREFIX,
      timeoutMs: TIMEOUT_MS,
    });
  }

  #appended(): string[] {
    return Array.from({ length: this.#dice.integer(1, 3) }, () => this.#name());
  }

  #name(): string {
    return `n${++this.#names}`;
  }
}
