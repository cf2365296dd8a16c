import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** GitHub's files can be parsed, and its workflows call what a developer calls, with no more rights than they need. */
const ROOT = join(__dirname, '../../..');
const files = readdirSync(join(ROOT, '.github'), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.yml'));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** @throws Error where it is no YAML */
function load(file: string): Readonly<Record<string, unknown>> {
  return parse(readFileSync(join(ROOT, '.github', file), 'utf8'), { strict: true }) as Record<
    string,
    unknown
  >;
}

/** Every string in it, whatever it is the value of. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function missingScripts(workflow: unknown): string[] {
  return stringsIn(workflow)
    .flatMap((text) => [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)])
    .flatMap(([command, name = '']) => (name in scripts ? [] : [command]));
}

test.each(files)('%s can be parsed', (file) => {
  expect(Object.keys(load(file)).length).toBeGreaterThan(0);
});

describe.each(files.filter((file) => file.startsWith('workflows/')))('%s', (file) => {
  const workflow = load(file);

  test('calls scripts that there are', () => {
    expect(missingScripts(workflow)).toEqual([]);
  });

  test('may read the repository, and what else a job of it says', () => {
    expect(workflow['permissions']).toEqual({ contents: 'read' });
    expect(workflow['concurrency']).toBeDefined();
  });

  test('names a version of every action', () => {
    const uses = Object.values(workflow['jobs'] as Record<string, { steps: { uses?: string }[] }>)
      .flatMap(({ steps }) => steps)
      .flatMap((step) => step.uses ?? []);
    expect(uses.filter((name) => !/@v\d+$/.test(name))).toEqual([]);
  });
});

test('a release has a statement of its provenance, and needs no token', () => {
  const workspace = parse(readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8')) as Record<string, unknown>;
  expect(workspace['provenance']).toBe(true);
  const { jobs } = load('workflows/release.yml') as { jobs: { release: Record<string, unknown> } };
  expect(jobs.release['permissions']).toMatchObject({ 'id-token': 'write' });
  expect(stringsIn(jobs).filter((text) => text.includes('secrets.'))).toEqual([]);
});

test('a script that there is not is found', () => {
  expect(missingScripts({ jobs: { a: { steps: [{ run: 'npm run nothing\nnpm test' }] } } })).toEqual([
    'npm run nothing',
  ]);
});
