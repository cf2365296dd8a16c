import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../src/command';
import { ROOT } from '../src/documents';

/** Each example, as `npm run example -- <name>` runs it, on the engines of the tests. */
const EXAMPLES = join(ROOT, 'examples');
const ENV = { OPENAI_API_KEY: '', NO_COLOR: '1', NODE_ENV: undefined };

/** What each of them prints. */
const OUTPUTS: Readonly<Record<string, RegExp>> = {
  approvals:
    /ended\)\norder-17\S+ +approver {2}refund {"order":"17"}: yes\n.*refunded 17, as \w+\.\norder-18\S+ .*: no\n.*rejected by the approver\.$/m,
  lambda: /^answer {2}Yes: rain, 14 °C in Lisbon\.$/m,
  nextRoute: /^200 {2}Yes: rain, 14 °C in Lisbon\.\nGET\n200 {2}\[\{"role":"user","text":"Hi, I'm Mira/m,
  postgresStore: /^6 items in PostgreSQL:(\n.*){6}Yes: rain/m,
  summarising: /^12 items, of which 6 became one summary\.[^]*To Lisbon on Friday, Mira\./m,
  tenants:
    /^ +Noted: an umbrella\.[^]*^globex .*\n +I do not know[^]*with .Mira. in it: false[^]*^acme +KEYS_UNAVAILABLE\nglobex +2 items$/m,
  testing: /^ℹ pass 4\nℹ fail 0$/m,
};

/** Tested below, or in a file of its own. */
const TESTED_ELSEWHERE = ['chatServer', 'terminalChat'];

async function outputOf(args: readonly string[], input = ''): Promise<string> {
  const { stdout } = await runCommand([process.execPath, ...args], { cwd: EXAMPLES, env: ENV, input });
  return stdout;
}

const example = (name: string, ...args: string[]): string[] => [
  ...['--import', 'tsx', join(name, 'main.ts')],
  ...args,
];

test('the list of examples has each of them, and each is tested', async () => {
  const lines = (await outputOf([join(ROOT, 'scripts/example.mjs')])).trimEnd().split('\n');
  expect(lines.filter((line) => !/^\w+ +\w.{10,100}$/.test(line))).toEqual([]);
  const listed = lines.map((line) => line.split(' ')[0]);
  expect(listed).toEqual([...Object.keys(OUTPUTS), ...TESTED_ELSEWHERE].sort());
  expect(listed).toEqual(
    readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'README.md'))),
  );
});

test.each(Object.entries(OUTPUTS))('%s shows what it says', async (name, output) => {
  expect(await outputOf(example(name))).toMatch(output);
});

test('terminalChat goes on with the conversation when it is started again', async () => {
  const command = example('terminalChat', randomUUID());
  const first = await outputOf(command, "I'm Mira. I'm going to Lisbon on Friday.\n");
  expect(first).toMatch(/^you {4}agent {2}Hello Mira! Lisbon on Friday/m);
  const second = await outputOf(command, 'Do I need an umbrella there?\n');
  expect(second).toMatch(
    /^user .*Lisbon on Friday\.\nassistant .*\n(.*\n)*you {4}agent {2}Yes: rain, 14 °C in Lisbon\.$/m,
  );
});

test('the store on PostgreSQL passes the conformance kit', async () => {
  const output = await outputOf(
    '--import tsx --test --test-reporter tap postgresStore/kit.test.ts'.split(' '),
  );
  const count = (what: string): number =>
    Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? NaN);
  expect({ failed: count('fail'), skipped: count('skipped') }).toEqual({ failed: 0, skipped: 0 });
  expect(count('pass')).toBeGreaterThan(150);
}, 600_000);
