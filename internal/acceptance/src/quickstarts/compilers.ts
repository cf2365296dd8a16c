import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { snippets } from '../snippets';
import type { Project } from './project';

/** From the floor on. */
const VERSIONS = ['5.4', '5.9', '6.0', '7.0'];

const OPTIONS = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck'],
  ...['--allowJs', '--checkJs', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'],
  ...['--lib', 'es2023,esnext.disposable'],
];

/** To be installed in the project. */
export const COMPILERS = [
  ...VERSIONS.map((version) => `typescript-${version}@npm:typescript@${version}`),
  '@types/node@20',
  // With which the SDK's tools describe their parameters.
  'zod@4',
];

interface TypeCheck {
  readonly title: string;
  readonly command: readonly string[];
}

/** How to check every snippet of the documents in a project, once by each TypeScript. */
export function typeChecks({ folder }: Project): TypeCheck[] {
  const sources = join(folder, 'snippets');
  mkdirSync(sources);
  const files = snippets().map(({ name, language, code }) => {
    const file = join(sources, `${name}${language === 'js' ? '.cjs' : '.mts'}`);
    writeFileSync(file, `${code}${language === 'js' ? '' : 'export {};\n'}`);
    return file;
  });
  return VERSIONS.map((version) => {
    const tsc = join(folder, 'node_modules', `typescript-${version}`, 'bin/tsc');
    return { title: `TypeScript ${version}`, command: [process.execPath, tsc, ...OPTIONS, ...files] };
  });
}
