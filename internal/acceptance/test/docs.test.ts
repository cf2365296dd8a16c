import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as ts from 'typescript';
import { runScript } from './childProcess';

/** Every TypeScript block of every document compiles and runs, as it stands there. */
const ROOT = join(__dirname, '../../..');
const SNIPPETS = join(__dirname, '.snippets');

interface Snippet {
  readonly name: string;
  readonly file: string;
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
    const name = `${relative(ROOT, document)} #${index + 1}`;
    return { name, file: `${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}.ts`, code };
  });
}

const snippets = documents().flatMap(snippetsOf);

beforeAll(() => {
  rmSync(SNIPPETS, { recursive: true, force: true });
  mkdirSync(SNIPPETS);
  for (const { file, code } of snippets) {
    // The server of the tests in the place of the reader's own.
    const server = process.env['REDIS_URL'] ?? '';
    writeFileSync(join(SNIPPETS, file), `${code.replaceAll('redis://localhost:6379', server)}\nexport {};\n`);
  }
});
afterAll(() => rmSync(SNIPPETS, { recursive: true, force: true }));

test('there are snippets', () => {
  expect(snippets.length).toBeGreaterThan(5);
});

test('every snippet compiles', () => {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
  };
  const program = ts.createProgram(
    snippets.map(({ file }) => join(SNIPPETS, file)),
    options,
  );
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const name = file === undefined ? '' : relative(SNIPPETS, file.fileName);
    return `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(problems).toEqual([]);
}, 60_000);

test.each(snippets.map(({ name, file }) => [name, file]))(
  '%s runs',
  async (_name, file) => {
    const env = {
      AWS_ENDPOINT_URL_DYNAMODB: process.env['DYNAMODB_ENDPOINT'],
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    await runScript(join('.snippets', file), { preload: 'scriptedProvider.ts', env });
  },
  60_000,
);
