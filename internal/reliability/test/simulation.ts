import { originalOf, type Operation } from '../src/checker/history';
import { apply, emptyState, type State } from '../src/checker/model';
import { Dice } from '../src/workload/dice';
import type { Workload } from '../src/workload/workload';
import { add, clear, compact, get, pop, rewrite, transaction, UNKNOWN } from './histories';

interface Running {
  readonly operation: Operation;
  hasTakenEffect: boolean;
}

/**
 * A history as a correct session gives it: every call takes effect at a moment between its start and its end, or, where its
 * outcome is lost, at any later moment or never.
 */
export function simulate(
  seed: number,
  { weights }: Workload,
  { clients, callsEach, lostShare }: { clients: number; callsEach: number; lostShare: number },
): Operation[] {
  const dice = new Dice(seed);
  const empty = emptyState();
  const lost: Operation[] = [];
  const history: Operation[] = [];
  const running = new Map<string, Running>();
  const calls = new Map(Array.from({ length: clients }, (_, index) => [`c${index}`, callsEach]));
  let state = empty;
  let time = 0;
  let names = 0;
  let lastTransaction: Operation | undefined;

  const newItems = (): string[] => Array.from({ length: dice.integer(1, 3) }, () => `i${names++}`);
  const start = (client: string): Operation => {
    const span = [time, time] as const;
    const verb = dice.weighted(weights);
    if (verb === 'add') return add(client, span, ...newItems());
    if (verb === 'pop') return pop(client, span);
    if (verb === 'get') return get(client, span, []);
    if (verb === 'end') return get(client, span, [], dice.integer(1, 4));
    if (verb === 'clear') return clear(client, span);
    const items = state.stack.newest(Infinity);
    const [oldest = newItems()[0] ?? ''] = items;
    if (verb === 'rewrite')
      return rewrite(client, span, originalOf(oldest), `${originalOf(oldest)}~${names++}`);
    if (verb === 'compact' && items.length > 0) {
      return compact(client, span, items, dice.integer(1, items.length), `i${names++}`);
    }
    if (verb === 'repeat' && lastTransaction) return { ...lastTransaction, client, from: time, until: time };
    const expected = verb === 'replace' ? state.stack.newest(dice.integer(1, 2)) : [];
    const started = transaction(client, span, { operationId: `o${names++}`, expected, append: newItems() });
    lastTransaction = started;
    return started;
  };

  while (running.size > 0 || [...calls.values()].some((left) => left > 0)) {
    time++;
    const late = lost.length > 0 && dice.happens(0.1) ? lost.splice(dice.integer(0, lost.length - 1), 1) : [];
    for (const operation of late) state = takeEffect(state, operation, empty).state;
    const client = `c${dice.integer(0, clients - 1)}`;
    const current = running.get(client);
    const left = calls.get(client) ?? 0;
    if (current === undefined) {
      if (left === 0) continue;
      calls.set(client, left - 1);
      running.set(client, { operation: start(client), hasTakenEffect: false });
    } else if (!current.hasTakenEffect && dice.happens(lostShare) && current.operation.verb !== 'get') {
      lost.push(current.operation);
      history.push({ ...current.operation, until: UNKNOWN });
      running.delete(client);
    } else if (!current.hasTakenEffect) {
      const { state: after, operation } = takeEffect(state, current.operation, empty);
      state = after;
      if (operation) running.set(client, { operation, hasTakenEffect: true });
      else running.delete(client);
    } else {
      history.push({ ...current.operation, until: time });
      running.delete(client);
    }
  }
  return [...history, get('judge', [time + 1, time + 2], state.stack.newest(Infinity))];
}

/** The operation with the result that it has in this state; undefined where it fails and changes nothing. */
function takeEffect(
  state: State,
  operation: Operation,
  empty: State,
): { state: State; operation: Operation | undefined } {
  const { stack } = state;
  const candidates: Operation[] =
    operation.verb === 'pop'
      ? [{ ...operation, popped: stack.top }]
      : operation.verb === 'get'
        ? [{ ...operation, items: stack.newest(operation.limit ?? Infinity) }]
        : operation.verb === 'transaction'
          ? (['applied', 'suffix-mismatch', 'operation-mismatch'] as const).map((result) => ({
              ...operation,
              result,
            }))
          : [operation];
  for (const candidate of candidates) {
    const after = apply(state, candidate, empty.stack);
    if (after) return { state: after, operation: candidate };
  }
  return { state, operation: undefined };
}
