import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [words] [--quick] [--write]

  words     only what has all of them in its name: redis, dynamodb turns, packages
  --quick   a minute instead of ten: shows that it works
  --write   puts the figures into docs/benchmarks.md and README.md; takes the whole
  --list    says what there is`;

export interface Options {
  readonly words: readonly string[];
  readonly isQuick: boolean;
  readonly writes: boolean;
  readonly lists: boolean;
}

/** @throws on what is not in `USAGE` */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.write && (values.quick || positionals.length > 0)) {
    throw new Error('--write takes the whole: neither words nor --quick');
  }
  return { words: positionals, isQuick: values.quick, writes: values.write, lists: values.list };
}
