import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TYPESCRIPT } from '@agent-sessions/engines';

const MARKERS = [
  '<!-- npm run bench -- --write: from here -->',
  '<!-- npm run bench -- --write: to here -->',
];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agent-sessions-page-'));
  mkdirSync(join(root, 'docs', 'benchmarks'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** In a process of its own, because the libraries that draw are ES modules. */
async function writePage(): Promise<void> {
  const program = [...TYPESCRIPT.execArgv, join(__dirname, 'writePage.ts'), root];
  await promisify(execFile)(process.execPath, program, { env: { ...process.env, ...TYPESCRIPT.env } });
}

test('figures go between the markers, charts beside the page, and what was there before is gone', async () => {
  writeFileSync(join(root, 'docs', 'benchmarks.md'), `# Before\n\n${MARKERS.join('\n\nold\n\n')}\n\nAfter\n`);
  writeFileSync(join(root, 'README.md'), `Before\n\n${MARKERS.join('\n\n- old\n\n')}\n\nAfter\n`);
  writeFileSync(join(root, 'docs', 'benchmarks', 'old.svg'), '');
  await writePage();

  const page = readFileSync(join(root, 'docs', 'benchmarks.md'), 'utf8');
  expect(page).toMatch(/^# Before\n\n<!-- .*\n\nOn a machine\.\n\n## A question\n\nHow it was asked\.\n/);
  expect(page).toContain('![Bars](benchmarks/some-bars.svg)');
  expect(page).toContain(
    '**Found**\n\n|     |    0 |   10 |\n| --- | ---: | ---: |\n| one | 1.00 | 2.00 |\n',
  );
  expect(page).toMatch(/to here -->\n\nAfter\n$/);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme).toBe(`Before\n\n${MARKERS.join('\n\n- One is faster.\n\n')}\n\nAfter\n`);
  expect(readdirSync(join(root, 'docs', 'benchmarks'))).toEqual(['some-bars.svg', 'some-lines.svg']);
  const svg = readFileSync(join(root, 'docs', 'benchmarks', 'some-bars.svg'), 'utf8');
  expect(svg).toMatch(/^<svg [^>]*>.*Some bars.*<\/svg>\n$/s);
  // A bar for each point.
  expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(6);
}, 60_000);

test('a document without a place for figures is left alone', async () => {
  writeFileSync(join(root, 'docs', 'benchmarks.md'), 'nothing\n');
  await expect(writePage()).rejects.toThrow('docs/benchmarks.md has no place for figures');
  expect(readFileSync(join(root, 'docs', 'benchmarks.md'), 'utf8')).toBe('nothing\n');
}, 60_000);
