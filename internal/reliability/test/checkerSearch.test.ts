import * as fc from 'fast-check';
import { isKnown, type Operation, type Transaction } from '../src/checker/history';
import { linearize } from '../src/checker/linearize';
import { apply, emptyState, type State } from '../src/checker/model';
import { CROWDED, MIXED, type Workload } from '../src/workload/workload';
import { add, clear, compact, get, pop, rewrite, transaction, UNKNOWN } from './histories';
import { simulate } from './simulation';

/** The definition itself: tries all orders that respect time, with each subset of the unknown calls. */
function bruteForce(operations: readonly Operation[]): boolean {
  const empty = emptyState();
  const tryFrom = (state: State, left: readonly Operation[]): boolean => {
    if (!left.some(isKnown)) return true;
    const deadline = Math.min(...left.map(({ until }) => until));
    return left.some((next) => {
      if (next.from > deadline) return false;
      const after = apply(state, next, empty.stack);
      return (
        after !== undefined &&
        tryFrom(
          after,
          left.filter((each) => each !== next),
        )
      );
    });
  };
  return tryFrom(empty, operations);
}

const CLIENTS = ['a', 'b', 'c'];
const RESULTS = ['applied', 'applied', 'suffix-mismatch', 'operation-mismatch'] as const;
const ITEMS = ['u', 'v', 'w', 'x', 'y', 'z'];
const COMPACTED = ['s', 't'];

/** A few calls at once with results by chance, some of which can be explained and most of which cannot. */
const history: fc.Arbitrary<Operation[]> = fc
  .array(
    fc.record({
      client: fc.nat(CLIENTS.length - 1),
      verb: fc.constantFrom('add', 'add', 'pop', 'get', 'get', 'clear', 'transaction', 'compact', 'rewrite'),
      start: fc.nat(2),
      length: fc.integer({ min: 1, max: 4 }),
      isUnknown: fc.boolean(),
      size: fc.integer({ min: 1, max: 2 }),
      seen: fc.shuffledSubarray([...ITEMS, ...COMPACTED, 'u~1', 'v~1'], { maxLength: 4 }),
      limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((calls) => {
    const free = [...ITEMS];
    const compacted = [...COMPACTED];
    const rewritten = new Set<string>();
    const transactions: Pick<Transaction, 'operationId' | 'expected' | 'append'>[] = [];
    const clocks = CLIENTS.map(() => 0);
    return calls.map(({ client, verb, start, length, isUnknown, size, seen, limit }): Operation => {
      const name = CLIENTS[client] ?? '';
      const from = (clocks[client] ?? 0) + start;
      clocks[client] = from + length + 1;
      const span = [from, isUnknown && verb !== 'get' ? UNKNOWN : from + length] as const;
      if (verb === 'add') return add(name, span, ...free.splice(0, size));
      if (verb === 'pop') return pop(name, span, isUnknown ? undefined : seen[0]);
      if (verb === 'get') return get(name, span, seen.slice(0, limit ?? 4), limit);
      if (verb === 'clear') return clear(name, span);
      if (verb === 'compact' && seen.length > 0 && compacted.length > 0) {
        return compact(name, span, seen, Math.min(size, seen.length), compacted.splice(0, 1).join());
      }
      const original = ITEMS[start] ?? '';
      if (verb === 'rewrite' && !rewritten.has(original)) {
        rewritten.add(original);
        return rewrite(name, span, original, `${original}~1`);
      }
      const result = RESULTS[length % RESULTS.length] ?? 'applied';
      const repeated = start === 0 ? transactions.at(-1) : undefined;
      const fields = repeated ?? {
        operationId: `o${size}`,
        expected: seen.slice(0, size - 1),
        append: free.splice(0, 1),
      };
      transactions.push(fields);
      return transaction(name, span, { ...fields, result });
    });
  });

test('the search agrees with the definition', () => {
  let accepted = 0;
  fc.assert(
    fc.property(history, (operations) => {
      const expected = bruteForce(operations);
      if (expected) accepted++;
      expect(linearize(operations).verdict).toBe(expected ? 'linearizable' : 'not linearizable');
    }),
    { numRuns: 3_000, seed: 4 },
  );
  // otherwise it would prove nothing about what must be accepted
  expect(accepted).toBeGreaterThan(100);
});

describe.each<[string, Workload, Parameters<typeof simulate>[2]]>([
  ['4 clients, every fourth outcome unknown', MIXED, { clients: 4, callsEach: 60, lostShare: 0.25 }],
  ['8 clients', MIXED, { clients: 8, callsEach: 40, lostShare: 0.05 }],
  ['20 clients', CROWDED, { clients: 20, callsEach: 25, lostShare: 0.05 }],
])('what a correct session gives, with %s', (_name, workload, size) => {
  const histories = Array.from({ length: 4 }, (_, seed) => simulate(seed, workload, size));

  test('is accepted', () => {
    for (const operations of histories) expect(linearize(operations)).toEqual({ verdict: 'linearizable' });
  });

  test('is rejected once a read lacks an item, or has two in another order', () => {
    let tampered = 0;
    for (const operations of histories) {
      const reads = operations.filter((each) => each.verb === 'get' && each.items.length > 2);
      for (const read of [reads.at(0), reads.at(-1)]) {
        if (read?.verb !== 'get') continue;
        const [first, second, ...rest] = read.items;
        for (const items of [
          [first, ...rest],
          [second, first, ...rest],
        ] as string[][]) {
          const history = operations.map((each) =>
            each === read ? { ...read, items, limit: undefined } : each,
          );
          expect(linearize(history, 4_000).verdict).not.toBe('linearizable');
          tampered++;
        }
      }
    }
    expect(tampered).toBeGreaterThan(12);
  });
});
