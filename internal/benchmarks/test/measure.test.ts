import { rotate } from '../src/measure/rotate';
import { summarize } from '../src/measure/statistics';
import { readOptions } from '../src/options';

test('each round begins with another one, and all take a turn in each', async () => {
  const turns: string[] = [];
  await rotate(['a', 'b', 'c'], 4, (one, round) => {
    turns.push(`${round}${one}`);
    return Promise.resolve();
  });
  expect(turns.join(' ')).toBe('0a 0b 0c 1b 1c 1a 2c 2a 2b 3a 3b 3c');
});

test('a summary is the median and the 99th percentile', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(summarize(values)).toEqual({ median: 100, p99: 198, samples: 200 });
  expect(summarize([7])).toEqual({ median: 7, p99: 7, samples: 1 });
  expect(summarize([])).toEqual({ median: NaN, p99: NaN, samples: 0 });
});

test('only the whole is written down', () => {
  expect(readOptions(['--write'])).toMatchObject({ writes: true, isQuick: false, words: [] });
  expect(readOptions(['redis', 'turns', '--quick'])).toMatchObject({
    words: ['redis', 'turns'],
    isQuick: true,
  });
  expect(() => readOptions(['--write', '--quick'])).toThrow('takes the whole');
  expect(() => readOptions(['--write', 'redis'])).toThrow('takes the whole');
  expect(() => readOptions(['--fast'])).toThrow('--fast');
});
