import type { Section, Table } from './section';

/** @param chartFolder - where the page finds its charts */
export function toMarkdown({ title, text, tables, charts = [] }: Section, chartFolder: string): string {
  return [
    `## ${title}`,
    text,
    ...charts.map(({ name, alt }) => `![${alt}](${chartFolder}/${name}.svg)`),
    ...tables.flatMap(toTable),
  ].join('\n\n');
}

function toTable({ title, columns, rows }: Table): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '--:'));
  return [
    ...(title === undefined ? [] : [`**${title}**`]),
    [line(columns), line(rule), ...rows.map(line)].join('\n'),
  ];
}
