import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Prose } from '../src/workload/prose';
import { bytesOf, conversation, inAppendsOf } from '../src/workload/turns';

test('items have the sizes of a conversation with tools', () => {
  const items = conversation(1_000);
  expect(items.slice(0, 4).map((item) => bytesOf([item]))).toEqual([200, 370, 2_100, 830]);
  expect(bytesOf(items) / items.length).toBe(875);
  expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(1_000);
  expect(conversation(1_000)).toEqual(items);
});

test('appends hold all items in order', () => {
  const items = conversation(11);
  const appends = inAppendsOf(4, items);
  expect(appends.map(({ length }) => length)).toEqual([4, 4, 3]);
  expect(appends.flat()).toEqual(items);
  expect(inAppendsOf(4, [])).toEqual([]);
});

test('the text compresses no better than prose', () => {
  const document = readFileSync(join(__dirname, '../../../docs/architecture.md'), 'utf8');
  for (const [start, end] of [
    [0, document.length],
    [4_000, 6_000],
  ]) {
    const prose = document.slice(start, end).replaceAll(/[^ -~]+/g, ' ');
    expect(compression(new Prose(1).text(prose.length))).toBeLessThan(compression(prose));
  }
});

function compression(text: string): number {
  return text.length / gzipSync(text).length;
}
