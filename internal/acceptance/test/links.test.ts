import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Every link of a document into this repository leads somewhere, from where the document is read. */
const ROOT = join(__dirname, '../../..');
const REPOSITORY = 'https://github.com/agent-sessions/agent-sessions';
const PACKAGES = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`);

const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => `examples/${name}`);

/** Paths from the root of the repository, as all paths here. */
const documents = ['.', '.github', ...PACKAGES, ...EXAMPLES]
  .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => normalize(`${folder}/${name}`)))
  .concat(readdirSync(join(ROOT, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`))
  .filter((path) => path.endsWith('.md') && !path.endsWith('CHANGELOG.md'));

interface Manifest {
  readonly name: string;
  readonly files: readonly string[];
  readonly homepage: string;
  readonly bugs: string;
  readonly repository: unknown;
  readonly publishConfig: unknown;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(read(`${folder}/package.json`)) as Manifest;
}

/** The fragments that GitHub gives to the headings of a document. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm);
  const anchors = [...headings].map(([, heading = '']) => {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(anchors);
}

function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

/** Whether npm packs the file, given its path in the package. */
function isPacked(folder: string, path: string): boolean {
  return [...manifestOf(folder).files, 'package.json'].some(
    (entry) => path === entry || path.startsWith(`${entry}/`),
  );
}

/** Why the link of a document with this text leads nowhere, or nothing. */
function problemOf(document: string, text: string, link: string): string | undefined {
  const own = new RegExp(`^${REPOSITORY}/(?:blob|tree)/main/(.*)$`).exec(link)?.[1];
  if (own === undefined && /^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = (own ?? link).split('#');
  const target = own !== undefined ? path : path === '' ? document : normalize(join(dirname(document), path));
  const folder = PACKAGES.find((name) => document.startsWith(`${name}/`));
  if (folder !== undefined && own === undefined && !isPacked(folder, target.slice(folder.length + 1)))
    return `${link} is not packed`;
  if (!existsSync(join(ROOT, target))) return `${link} does not exist`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(target === document ? text : read(target)).has(anchor)
    ? undefined
    : `${link}: no such heading`;
}

function problemsOf(document: string, text = read(document)): string[] {
  return linksOf(text).flatMap((link) => problemOf(document, text, link) ?? []);
}

test.each(documents)('every link of %s leads somewhere', (document) => {
  expect(problemsOf(document)).toEqual([]);
});

test('the index of the documents names each of them', () => {
  const linked = new Set(linksOf(read('docs/README.md')).map((link) => normalize(join('docs', link))));
  const pages = documents.filter((path) => dirname(path) === 'docs' && path !== 'docs/README.md');
  expect(pages.filter((path) => !linked.has(path))).toEqual([]);
});

test('a dead link is found', () => {
  const links = [
    '[a](../../README.md)',
    '[b](src/index.ts)',
    '[c](LICENSE)',
    '[d](#here-there)',
    '[e](#nowhere)',
    `[f](${REPOSITORY}/blob/main/docs/errors.md#conflict)`,
    `[g](${REPOSITORY}/blob/main/docs/errors.md#nowhere)`,
    `[h](${REPOSITORY}/blob/main/docs/nowhere.md)`,
    '`[i](nowhere.md)`',
    '[j](https://example.org/nowhere)',
  ];
  expect(
    problemsOf('packages/session-core/README.md', `## Here, \`there\`\n\n${links.join('\n')}\n`),
  ).toEqual([
    '../../README.md is not packed',
    'src/index.ts is not packed',
    '#nowhere: no such heading',
    `${REPOSITORY}/blob/main/docs/errors.md#nowhere: no such heading`,
    `${REPOSITORY}/blob/main/docs/nowhere.md does not exist`,
  ]);
  expect(
    problemsOf('docs/errors.md', '[a](../README.md#requirements) [b](../README.md#nobody) [c](x.md)'),
  ).toEqual(['../README.md#nobody: no such heading', 'x.md does not exist']);
});

test.each(PACKAGES)('the manifest of %s names the repository', (folder) => {
  const { homepage, bugs, repository, publishConfig } = manifestOf(folder);
  expect({ homepage, bugs, repository, publishConfig }).toEqual({
    homepage: `${REPOSITORY}/tree/main/${folder}#readme`,
    bugs: `${REPOSITORY}/issues`,
    repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: folder },
    publishConfig: { access: 'public', provenance: true },
  });
});
