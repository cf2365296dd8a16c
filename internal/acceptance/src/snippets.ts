import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { blocks, ROOT, type Block } from './documents';

/** A block of code as a file: what users write in their projects. */
export interface Snippet extends Block {
  /** Of its files, without an ending. */
  readonly name: string;
  /** Whether it awaits outside of functions, which only an ES module may. */
  readonly awaitsAtTopLevel: boolean;
}

/** One way in which a project that uses TypeScript is set up. */
export interface Setting {
  readonly title: string;
  readonly ending: '.ts' | '.mts' | '.cts';
  readonly module: ts.ModuleKind;
  readonly moduleResolution: ts.ModuleResolutionKind;
}

const { ModuleKind, ModuleResolutionKind } = ts;

const NODE = { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext };
export const ESM: Setting = { ...NODE, title: 'nodenext, ES modules', ending: '.mts' };
export const CJS: Setting = { ...NODE, title: 'nodenext, CommonJS', ending: '.cts' };
export const SETTINGS: readonly Setting[] = [
  ESM,
  CJS,
  {
    title: 'esnext and bundler',
    ending: '.ts',
    module: ModuleKind.ESNext,
    moduleResolution: ModuleResolutionKind.Bundler,
  },
  // What `module: commonjs` resolves by since TypeScript 6, which gives up node10.
  {
    title: 'commonjs and bundler',
    ending: '.ts',
    module: ModuleKind.CommonJS,
    moduleResolution: ModuleResolutionKind.Bundler,
  },
];

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
};

/** Under the folder of a setting, where what runs is. */
const OUT = 'out';

export function snippets(): Snippet[] {
  return blocks('ts', 'js').map((block) => ({
    ...block,
    name: block.title.replaceAll(/[^A-Za-z0-9]+/g, '-'),
    awaitsAtTopLevel: awaitsAtTopLevel(block.code),
  }));
}

/** Loaded before a snippet, so that it needs no key and no network. */
export const PRELOAD: Snippet = {
  title: 'scriptedProvider.ts',
  name: 'scriptedProvider',
  language: 'ts',
  code: readFileSync(join(ROOT, 'internal/acceptance/src/scriptedProvider.ts'), 'utf8'),
  awaitsAtTopLevel: false,
};

/** Whether this is a program of that setting: `require` is CommonJS, and what awaits at its top level is not. */
export function fits({ language, awaitsAtTopLevel }: Snippet, { ending, module }: Setting): boolean {
  if (language === 'js') return ending === '.cts';
  return !awaitsAtTopLevel || (ending !== '.cts' && module !== ModuleKind.CommonJS);
}

/**
 * Writes the snippets that fit a setting into a folder and compiles them there, to what runs beside them.
 * @returns what the compiler has to say about them.
 */
export function compile(all: readonly Snippet[], setting: Setting, folder: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { ending, module, moduleResolution } = setting;
  const files = all
    .filter((snippet) => fits(snippet, setting))
    .map(({ name, language, code }) => {
      const file = join(folder, language === 'js' ? `${name}.cjs` : `${name}${ending}`);
      writeFileSync(file, language === 'js' ? code : `${code}\nexport {};\n`);
      return file;
    });
  const program = ts.createProgram(files, {
    ...OPTIONS,
    module,
    moduleResolution,
    outDir: join(folder, OUT),
  });
  program.emit();
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const where = file === undefined ? '' : relative(folder, file.fileName);
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${where}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** What node is to be called with to run a snippet that was compiled into that folder. */
export function commandFor({ name, language }: Snippet, folder: string): string[] {
  const file = (of: string, ending: string): string => join(folder, OUT, `${of}${ending}`);
  return language === 'js'
    ? ['--require', file(PRELOAD.name, '.cjs'), file(name, '.cjs')]
    : ['--import', file(PRELOAD.name, '.mjs'), file(name, '.mjs')];
}

function awaitsAtTopLevel(code: string): boolean {
  const source = ts.createSourceFile('snippet.mts', code, ts.ScriptTarget.ESNext);
  const isAwait = (node: ts.Node): boolean =>
    ts.isAwaitExpression(node) ||
    (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
    (ts.isVariableDeclarationList(node) && /^await using\b/.test(node.getText(source)));
  const visit = (node: ts.Node): boolean =>
    isAwait(node) || (!ts.isFunctionLike(node) && ts.forEachChild(node, visit) === true);
  return visit(source);
}
