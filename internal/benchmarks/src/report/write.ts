import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { toMarkdown } from './markdown';
import type { Section } from './section';
import { toSvg } from './svg';

const CHARTS = 'docs/benchmarks';
const BEGIN = '<!-- npm run bench -- --write: from here -->';
const END = '<!-- npm run bench -- --write: to here -->';

/**
 * Puts what was found between the markers of docs/benchmarks.md and README.md, and the charts beside the former.
 *
 * @param root - the folder of the repository
 * @param circumstances - what goes before the sections
 */
export async function write(
  root: string,
  sections: readonly Section[],
  circumstances: string,
): Promise<void> {
  rmSync(join(root, CHARTS), { recursive: true, force: true });
  mkdirSync(join(root, CHARTS), { recursive: true });
  for (const { name, spec } of sections.flatMap(({ charts = [] }) => charts)) {
    writeFileSync(join(root, CHARTS, `${name}.svg`), await toSvg(spec));
  }
  const page = sections.map((section) => toMarkdown(section, 'benchmarks')).join('\n\n');
  await replace(root, 'docs/benchmarks.md', `${circumstances}\n\n${page}`);
  const highlights = sections.flatMap(({ highlights = [] }) => highlights);
  await replace(root, 'README.md', highlights.map((highlight) => `- ${highlight}`).join('\n'));
}

async function replace(root: string, document: string, content: string): Promise<void> {
  const file = join(root, document);
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`${document} has no place for figures`);
  const whole = `${before}${BEGIN}\n\n${content}\n\n${END}${after}`;
  writeFileSync(file, await format(whole, { ...(await resolveConfig(file)), parser: 'markdown' }));
}
