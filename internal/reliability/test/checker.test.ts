import { linearize } from '../src/checker/linearize';
import type { Operation } from '../src/checker/history';
import { add, clear, compact, get, pop, rewrite, transaction, UNKNOWN } from './histories';

const verdictOf = (history: Operation[]) => linearize(history).verdict;

describe('is accepted', () => {
  test.each<[string, Operation[]]>([
    ['nothing', []],
    ['one client', [add('a', [1, 2], 'x', 'y'), pop('a', [3, 4], 'y'), get('a', [5, 6], ['x'])]],
    ['a pop of nothing', [pop('a', [1, 2]), add('b', [3, 4], 'x')]],
    [
      'writes at the same time, in either order',
      [add('a', [1, 5], 'x'), add('b', [1, 5], 'y'), get('c', [6, 7], ['y', 'x'])],
    ],
    ['a read during a write, before it', [add('a', [1, 5], 'x'), get('b', [2, 3], [])]],
    ['a read during a write, after it', [add('a', [1, 5], 'x'), get('b', [2, 3], ['x'])]],
    [
      'a read of the end',
      [
        add('a', [1, 2], 'x', 'y', 'z'),
        get('a', [3, 4], ['y', 'z'], 2),
        get('a', [5, 6], ['x', 'y', 'z'], 9),
      ],
    ],
    ['an unknown write that never came', [add('a', [1, UNKNOWN], 'x'), get('b', [2, 3], [])]],
    [
      'an unknown write that came late',
      [add('a', [1, UNKNOWN], 'x'), get('b', [2, 3], []), get('b', [4, 5], ['x'])],
    ],
    [
      'an unknown pop that came late',
      [add('a', [1, 2], 'x'), pop('a', [3, UNKNOWN]), get('b', [4, 5], ['x']), get('b', [6, 7], [])],
    ],
    [
      'an unknown clear, between two reads',
      [add('a', [1, 2], 'x'), clear('a', [3, UNKNOWN]), get('b', [4, 5], ['x']), get('b', [6, 7], [])],
    ],
    [
      'a client that goes on after an unknown outcome',
      [add('a', [1, UNKNOWN], 'x'), add('a', [2, 3], 'y'), get('a', [4, 5], ['y', 'x'])],
    ],
    [
      'a transaction tried again',
      [
        transaction('a', [1, UNKNOWN], { operationId: 'o', append: ['x'] }),
        transaction('a', [2, 3], { operationId: 'o', append: ['x'] }),
        get('a', [4, 5], ['x']),
      ],
    ],
    [
      'a transaction again after a clear',
      [
        transaction('a', [1, 2], { operationId: 'o', append: ['x'] }),
        clear('a', [3, 4]),
        add('a', [5, 6], 'y'),
        transaction('a', [7, 8], { operationId: 'o', append: ['x'] }),
        get('a', [9, 10], ['y', 'x']),
      ],
    ],
    [
      'a replaced suffix, a mismatch, and an id used for something else',
      [
        add('a', [1, 2], 'x', 'y'),
        transaction('a', [3, 4], { operationId: 'o', expected: ['y'], append: ['z'] }),
        transaction('a', [5, 6], {
          operationId: 'p',
          expected: ['y'],
          append: ['v'],
          result: 'suffix-mismatch',
        }),
        transaction('a', [7, 8], { operationId: 'o', append: ['w'], result: 'operation-mismatch' }),
        get('a', [9, 10], ['x', 'z']),
      ],
    ],
    [
      'a compaction, which keeps what was appended meanwhile',
      [
        add('a', [1, 2], 'x', 'y', 'z'),
        compact('a', [3, 6], ['x', 'y', 'z'], 2, 's'),
        add('b', [4, 5], 'w'),
        get('b', [7, 8], ['s', 'z', 'w']),
        pop('b', [9, 10], 'w'),
        transaction('b', [11, 12], { operationId: 'o', expected: ['s', 'z'], append: ['v'] }),
        get('b', [13, 14], ['v']),
      ],
    ],
    [
      'an unknown compaction of an unknown write, between two reads',
      [
        add('a', [1, UNKNOWN], 'x'),
        compact('b', [2, UNKNOWN], ['x'], 1, 's'),
        get('c', [3, 4], []),
        get('c', [5, 6], ['s']),
      ],
    ],
    [
      'items rewritten in place, and one that is gone',
      [
        add('a', [1, 2], 'x', 'y', 'z'),
        rewrite('a', [3, 4], 'y', 'y~1'),
        get('a', [5, 6], ['x', 'y~1', 'z']),
        rewrite('a', [7, 8], 'y', 'y~2'),
        pop('a', [9, 10], 'z'),
        rewrite('a', [11, 12], 'z', 'z~1'),
        get('a', [13, 14], ['x', 'y~2']),
      ],
    ],
    [
      'an item that is rewritten once more than the history tells',
      [
        add('a', [1, 2], 'x~1', 'y'),
        get('a', [3, 4], ['x~1', 'y']),
        rewrite('a', [5, 6], 'x', 'x~2'),
        get('a', [7, 8], ['x~2', 'y']),
      ],
    ],
    [
      'a mismatch that only an unknown write explains, which a pop then took away',
      [
        add('a', [1, 2], 'x'),
        add('b', [3, UNKNOWN], 'y'),
        transaction('a', [4, 5], {
          operationId: 'o',
          expected: ['x'],
          append: [],
          result: 'suffix-mismatch',
        }),
        pop('c', [6, UNKNOWN]),
        get('a', [7, 8], ['x']),
      ],
    ],
  ])('%s', (_name, history) => {
    expect(linearize(history)).toEqual({ verdict: 'linearizable' });
  });
});

describe('is rejected', () => {
  test.each<[string, Operation[]]>([
    ['lost: an acknowledged write is not there', [add('a', [1, 2], 'x'), get('a', [3, 4], [])]],
    [
      'lost: a write behind another is not there',
      [add('a', [1, 2], 'x'), add('b', [3, 4], 'y'), get('a', [5, 6], ['y'])],
    ],
    ['doubled: an item twice in one read', [add('a', [1, 2], 'x'), get('a', [3, 4], ['x', 'x'])]],
    [
      'doubled: an item again after it was popped',
      [add('a', [1, 2], 'x'), pop('a', [3, 4], 'x'), get('a', [5, 6], ['x'])],
    ],
    [
      'doubled: an unknown write that landed twice, once before a pop and once after',
      [add('a', [1, UNKNOWN], 'x'), pop('b', [2, 3], 'x'), get('b', [4, 5], ['x'])],
    ],
    [
      'reordered: a later write in front of an earlier one',
      [add('a', [1, 2], 'x'), add('b', [3, 4], 'y'), get('a', [5, 6], ['y', 'x'])],
    ],
    [
      'reordered: two reads that disagree',
      [
        add('a', [1, 9], 'x'),
        add('b', [1, 9], 'y'),
        get('c', [2, 3], ['x', 'y']),
        get('d', [4, 5], ['y', 'x']),
      ],
    ],
    ['reordered: within a batch', [add('a', [1, 2], 'x', 'y'), get('a', [3, 4], ['y', 'x'])]],
    ['half a batch: its first item alone', [add('a', [1, 5], 'x', 'y'), get('b', [2, 3], ['x'])]],
    [
      'half a batch: another writer in between',
      [add('a', [1, 5], 'x', 'y'), add('b', [1, 5], 'z'), get('b', [6, 7], ['x', 'z', 'y'])],
    ],
    ['half a batch: of an unknown write', [add('a', [1, UNKNOWN], 'x', 'y'), get('b', [2, 3], ['y'])]],
    [
      'half a transaction: the old suffix is gone, the new one not there',
      [
        add('a', [1, 2], 'x'),
        transaction('a', [3, UNKNOWN], { operationId: 'o', expected: ['x'], append: ['y'] }),
        get('b', [4, 5], []),
      ],
    ],
    [
      'popped twice',
      [add('a', [1, 2], 'x'), pop('b', [3, 6], 'x'), pop('c', [3, 6], 'x'), get('a', [7, 8], [])],
    ],
    ['popped from the middle', [add('a', [1, 2], 'x', 'y'), pop('b', [3, 4], 'x'), get('a', [5, 6], ['y'])]],
    ['popped nothing, though there was something', [add('a', [1, 2], 'x'), pop('b', [3, 4])]],
    [
      'a stale read after an acknowledged write',
      [add('a', [1, 2], 'x'), add('a', [3, 4], 'y'), get('b', [5, 6], ['x'])],
    ],
    ['a stale read of the end', [add('a', [1, 2], 'x'), add('a', [3, 4], 'y'), get('b', [5, 6], ['x'], 1)]],
    ['a read that goes back in time', [add('a', [1, 9], 'x'), get('b', [2, 3], ['x']), get('c', [4, 5], [])]],
    [
      'resurrected after a clear',
      [add('a', [1, 2], 'x'), clear('a', [3, 4]), add('a', [5, 6], 'y'), get('a', [7, 8], ['x', 'y'])],
    ],
    [
      'resurrected in part after a clear',
      [add('a', [1, 2], 'x', 'y'), clear('a', [3, 4]), get('a', [5, 6], ['x'])],
    ],
    [
      'a transaction applied twice',
      [
        transaction('a', [1, 2], { operationId: 'o', append: ['x'] }),
        pop('b', [3, 4], 'x'),
        transaction('a', [5, 6], { operationId: 'o', append: ['x'] }),
        get('a', [7, 8], ['x']),
      ],
    ],
    [
      'a transaction whose suffix was not there',
      [
        add('a', [1, 2], 'x', 'y'),
        transaction('a', [3, 4], { operationId: 'o', expected: ['x'], append: ['z'] }),
        get('a', [5, 6], ['x', 'z']),
      ],
    ],
    [
      'an operation id that a clear did not forget',
      [
        transaction('a', [1, 2], { operationId: 'o', append: ['x'] }),
        clear('a', [3, 4]),
        transaction('a', [5, 6], { operationId: 'o', append: ['y'], result: 'operation-mismatch' }),
      ],
    ],
    [
      'lost: what was appended while a compaction was under way',
      [
        add('a', [1, 2], 'x', 'y'),
        compact('a', [3, 6], ['x', 'y'], 2, 's'),
        add('b', [4, 5], 'w'),
        get('b', [7, 8], ['s']),
      ],
    ],
    [
      'resurrected: a compaction that read what was popped before it was done',
      [
        add('a', [1, 2], 'x', 'y'),
        compact('a', [3, 6], ['x', 'y'], 1, 's'),
        pop('b', [4, 5], 'y'),
        get('b', [7, 8], ['s', 'y']),
      ],
    ],
    [
      'doubled: what was compacted is there beside what it was compacted to',
      [
        add('a', [1, 2], 'x', 'y'),
        compact('a', [3, 4], ['x', 'y'], 1, 's'),
        get('a', [5, 6], ['s', 'x', 'y']),
      ],
    ],
    [
      'a rewrite that was undone',
      [
        add('a', [1, 2], 'x'),
        rewrite('a', [3, 4], 'x', 'x~1'),
        get('a', [5, 6], ['x~1']),
        get('a', [7, 8], ['x']),
      ],
    ],
    [
      'a rewrite that was lost',
      [add('a', [1, 2], 'x'), rewrite('a', [3, 4], 'x', 'x~1'), get('a', [5, 6], ['x'])],
    ],
    [
      'a rewrite that moved the item',
      [add('a', [1, 2], 'x', 'y'), rewrite('a', [3, 4], 'x', 'x~1'), get('a', [5, 6], ['y', 'x~1'])],
    ],
    ['made up', [get('a', [1, 2], ['x'])]],
    ['read before it was written', [get('a', [1, 2], ['x']), add('b', [3, 4], 'x')]],
    ['more than asked for', [add('a', [1, 2], 'x', 'y'), get('a', [3, 4], ['x', 'y'], 1)]],
    ['less than asked for', [add('a', [1, 2], 'x', 'y'), get('a', [3, 4], ['y'], 2)]],
  ])('%s', (_name, history) => {
    expect(verdictOf(history)).toBe('not linearizable');
  });
});

test('it says where it got stuck', () => {
  const history = [add('a', [1, 2], 'x'), clear('b', [3, 4]), pop('c', [5, 6], 'x')];
  expect(linearize(history)).toEqual({
    verdict: 'not linearizable',
    explanation:
      '2 of 3 calls can be put in an order; then the session holds [], and none of\n' +
      '  c: popItem → x, from 5 to 6\n' +
      'leads to an end.',
  });
});

test('a client with two calls at once is no history', () => {
  expect(() => linearize([add('a', [1, 5], 'x'), add('a', [2, 6], 'y')])).toThrow('two calls under way');
});

test('it gives up rather than search for ever', () => {
  const clients = Array.from({ length: 12 }, (_, index) => `w${index}`);
  const history = [
    ...clients.map((client, index) => add(client, [1, 100], `x${index}`)),
    ...clients.map((client, index) => pop(`p${client}`, [1, 100], `x${index}`)),
    add('late', [101, 102], 'y'),
    pop('late', [103, 104]),
  ];
  expect(linearize(history, 1_000)).toEqual({ verdict: 'undecided', steps: 1_000 });
});
