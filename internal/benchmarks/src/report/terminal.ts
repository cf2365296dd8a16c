import type { Section, Table } from './section';

/** Lays a section out in columns. */
export function toTerminal({ title, tables }: Section): string {
  return [title, ...tables.map(layOut)].join('\n\n');
}

function layOut({ title, columns, rows }: Table): string {
  const all = [columns, ...rows];
  const body = all.map((row) => row.map((cell, index) => pad(cell, widthOf(all, index))).join('  '));
  return [...(title === undefined ? [] : [title]), ...body].map((line) => `  ${line}`.trimEnd()).join('\n');
}

function widthOf(all: readonly (readonly string[])[], index: number): number {
  return Math.max(...all.map((row) => row[index]?.length ?? 0));
}

/** Numbers to the right, words to the left. */
function pad(cell: string, width: number): string {
  return /^[\d$–]/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
