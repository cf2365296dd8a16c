import { bars, lines } from '../src/report/charts';
import type { Section } from '../src/report/section';
import { write } from '../src/report/write';

/** Run with a folder that has the documents: writes a page with both kinds of charts. */
const points = ['one', 'two'].flatMap((contestant, index) =>
  [0, 10, 100].map((x) => ({ contestant, x, y: 1 + x * (index + 1) })),
);
const axes = { x: 'items', y: 'ms' };
const section: Section = {
  title: 'A question',
  text: 'How it was asked.',
  tables: [{ title: 'Found', columns: ['', '0', '10'], rows: [['one', '1.00', '2.00']] }],
  charts: [
    { name: 'some-bars', alt: 'Bars', spec: bars('Some bars', points, axes) },
    { name: 'some-lines', alt: 'Lines', spec: lines('Some lines', points, axes, 'log') },
  ],
  highlights: ['One is faster.'],
};
await write(process.argv[2] ?? '', [section], 'On a machine.');
