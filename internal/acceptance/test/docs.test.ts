import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../src/command';
import { blocks, ROOT } from '../src/documents';
import { CJS, commandFor, compile, ESM, fits, PRELOAD, SETTINGS, snippets } from '../src/snippets';

/**
 * Every block of code of every document compiles against the packages as they are built, in the projects that users have,
 * and runs as it stands there.
 */
const FOLDER = join(__dirname, '.snippets');
const folderOf = ({ title }: { title: string }): string => join(FOLDER, title.replaceAll(/\W+/g, '-'));

// The server of the tests in the place of the reader's own.
const server = process.env['REDIS_URL'] ?? '';
const all = snippets().map(({ code, ...rest }) => ({
  ...rest,
  code: code.replaceAll('redis://localhost:6379', server),
}));

/** What the compiler says, by setting. */
const problems = new Map<string, string[]>();

beforeAll(() => {
  for (const setting of SETTINGS) {
    problems.set(setting.title, compile([PRELOAD, ...all], setting, folderOf(setting)));
  }
}, 240_000);
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe.each(SETTINGS)('$title', (setting) => {
  test('there are snippets', () => {
    expect(all.filter((snippet) => fits(snippet, setting)).length).toBeGreaterThan(5);
  });

  test('every snippet compiles', () => {
    expect(problems.get(setting.title)).toEqual([]);
  });
});

test.each(all.map((snippet) => [snippet.title, snippet]))('%s runs', async (_title, snippet) => {
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: process.env['DYNAMODB_ENDPOINT'],
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const folder = folderOf(snippet.language === 'js' ? CJS : ESM);
  await runCommand([process.execPath, ...commandFor(snippet, folder)], { env });
});

/** A host of two addresses, as `localhost` often is: neither answers. What is said first ends the process. */
const UNREACHABLE = `
const dns = require('node:dns');
dns.lookup = (_host, _options, callback) =>
  callback(null, ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 })));
console.error = (...args) => {
  process.stdout.write(require('node:util').format(...args));
  process.exit(0);
};
`;

test('the listener of the quick start says why there is no connection', async () => {
  const preload = join(FOLDER, 'unreachable.cjs');
  writeFileSync(preload, UNREACHABLE);
  const quickstart = all.find(({ code }) => code.includes("client.on('error'"));
  if (quickstart === undefined) throw new Error('no quick start');
  const command = [process.execPath, '--require', preload, ...commandFor(quickstart, folderOf(ESM))];
  const env = { REDIS_URL: 'redis://localhost:1' };
  expect((await runCommand(command, { env })).stdout).toMatch(/^redis: .*ECONNREFUSED 127\.0\.0\.2/s);
});

test('what is quoted of the store on PostgreSQL stands in it', () => {
  const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  const store = words(readFileSync(join(ROOT, 'examples/postgresStore/postgresStore.ts'), 'utf8'));
  const quotes = blocks('sql', 'typescript').filter(({ title }) =>
    title.startsWith('docs/writing-a-store.md'),
  );
  expect(quotes.length).toBeGreaterThan(2);
  expect(quotes.filter(({ code }) => !store.includes(words(code)))).toEqual([]);
});
