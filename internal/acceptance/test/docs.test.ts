import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import * as ts from 'typescript';
import { runScript } from './childProcess';

/** Every TypeScript block of every document compiles and runs, as it stands there. */
const ROOT = join(__dirname, '../../..');
const SNIPPETS = join(__dirname, '.snippets');

interface Snippet {
  /** Where it stands. */
  readonly title: string;
  /** Of its files, without an ending. */
  readonly name: string;
  readonly code: string;
}

function documents(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  return [ROOT, join(ROOT, 'docs'), ...packages].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
      .map((name) => join(folder, name)),
  );
}

function snippetsOf(document: string): Snippet[] {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)];
  return blocks.map(([, code = ''], index) => {
    const title = `${relative(ROOT, document)} #${index + 1}`;
    return { title, name: title.replaceAll(/[^A-Za-z0-9]+/g, '-'), code };
  });
}

const snippets = documents().flatMap(snippetsOf);

const PRELOAD = 'scriptedProvider';
let problems: string[];

/** Compiled once, to plain scripts: a process that compiles what it loads takes three times as long to start. */
beforeAll(() => {
  rmSync(SNIPPETS, { recursive: true, force: true });
  mkdirSync(SNIPPETS);
  for (const { name, code } of snippets) {
    // The server of the tests in the place of the reader's own.
    const server = process.env['REDIS_URL'] ?? '';
    const source = `${code.replaceAll('redis://localhost:6379', server)}\nexport {};\n`;
    writeFileSync(join(SNIPPETS, `${name}.ts`), source);
  }
  const preload = join(__dirname, `${PRELOAD}.ts`);
  const program = ts.createProgram([preload, ...snippets.map(({ name }) => join(SNIPPETS, `${name}.ts`))], {
    strict: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
  });
  program.emit(undefined, (path, text) => writeFileSync(join(SNIPPETS, basename(path)), text));
  problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const name = file === undefined ? '' : relative(SNIPPETS, file.fileName);
    return `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}, 120_000);
afterAll(() => rmSync(SNIPPETS, { recursive: true, force: true }));

test('there are snippets', () => {
  expect(snippets.length).toBeGreaterThan(5);
});

test('every snippet compiles', () => {
  expect(problems).toEqual([]);
});

test.each(snippets.map(({ title, name }) => [title, name]))('%s runs', async (_title, name) => {
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: process.env['DYNAMODB_ENDPOINT'],
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const preload = join(SNIPPETS, `${PRELOAD}.js`);
  await runScript(join(SNIPPETS, `${name}.js`), { execArgv: ['--import', preload], env });
});
