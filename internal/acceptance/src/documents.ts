import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Of the workspace, from wherever in it tests and scripts are started. */
export const ROOT = workspaceAbove(process.cwd());

function workspaceAbove(folder: string): string {
  return existsSync(join(folder, 'pnpm-workspace.yaml')) ? folder : workspaceAbove(dirname(folder));
}

/** A fenced block of a document. */
export interface Block {
  /** Where it stands. */
  readonly title: string;
  /** As the fence says it: `ts`, `js`, `sh`. */
  readonly language: string;
  readonly code: string;
}

/** What a reader is told to save a block as: the comment that is its first line. */
export type QuickstartFile = 'quickstart.mts' | 'quickstart.cjs';

/** Every page that is written by hand. */
export function documents(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  const examples = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => join(ROOT, 'examples', name));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    ...[ROOT, ...packages, ...examples].flatMap((folder) =>
      readdirSync(folder).map((name) => join(folder, name)),
    ),
    ...docs.map((name) => join(ROOT, 'docs', name)),
  ].filter((file) => file.endsWith('.md') && !file.endsWith('CHANGELOG.md'));
}

/** The blocks of these languages in all documents. */
export function blocks(...languages: string[]): Block[] {
  return documents().flatMap((document) => {
    const fences = [...readFileSync(document, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)];
    return fences
      .map(([, language = '', code = ''], index) => ({
        title: `${relative(ROOT, document)} #${index + 1}`,
        language,
        code,
      }))
      .filter(({ language }) => languages.includes(language));
  });
}

/** The quick starts, as they stand in the documents. */
export function quickstarts(file: QuickstartFile): Block[] {
  return blocks('ts', 'js').filter(({ code }) => code.startsWith(`// ${file}\n`));
}
