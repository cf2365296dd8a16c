import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../src/command';
import { ROOT } from '../src/documents';

/** Each example, as `npm run example -- <name>` runs it, on the engines of the tests. */
const EXAMPLES = join(ROOT, 'examples');
const ENV = { OPENAI_API_KEY: '', NO_COLOR: '1', NODE_ENV: undefined };

/** What each of them prints. */
const OUTPUTS: Readonly<Record<string, RegExp>> = {
  postgresStore: /^6 items in PostgreSQL:(\n.*){6}Yes: rain/m,
};

/** It has tests of its own. */
const TESTED_ELSEWHERE = ['chatServer'];

async function outputOf(...args: string[]): Promise<string> {
  const { stdout } = await runCommand([process.execPath, ...args], { cwd: EXAMPLES, env: ENV });
  return stdout;
}

test('the list of examples has each of them, and each is tested', async () => {
  const lines = (await outputOf(join(ROOT, 'scripts/example.mjs'))).trimEnd().split('\n');
  expect(lines.filter((line) => !/^\w+ +\w.{10,90}$/.test(line))).toEqual([]);
  const listed = lines.map((line) => line.split(' ')[0]);
  expect(listed).toEqual([...Object.keys(OUTPUTS), ...TESTED_ELSEWHERE].sort());
  expect(listed).toEqual(
    readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'README.md'))),
  );
});

test.each(Object.entries(OUTPUTS))('%s shows what it says', async (name, output) => {
  expect(await outputOf('--import', 'tsx', join(name, 'main.ts'))).toMatch(output);
});

test('the store on PostgreSQL passes the conformance kit', async () => {
  const output = await outputOf(
    ...['--import', 'tsx', '--test', '--test-reporter', 'tap', 'postgresStore/kit.test.ts'],
  );
  const count = (what: string): number =>
    Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? NaN);
  expect({ failed: count('fail'), skipped: count('skipped') }).toEqual({ failed: 0, skipped: 0 });
  expect(count('pass')).toBeGreaterThan(150);
}, 600_000);
