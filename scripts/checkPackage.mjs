import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { deadMaps } from './checkMaps.mjs';
import { bin, pnpm, run } from './run.mjs';

/**
 * Packs the package in the current folder, checks the tarball, and loads it, with those of the workspace that it depends
 * on, in a project outside the workspace, by `import` and by `require`. What it imports is what every runtime has that the
 * README names.
 */
const OF_EVERY_RUNTIME = ['node:buffer', 'node:crypto', 'node:zlib'];
const OWN = '@agent-sessions/';
/** By entry: the conformance kit starts processes, and asserts. A package with a command is for Node. */
const OF_NODE = { './testing': ['node:child_process'] };

const ATTW = ['--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--no-color'];

const LOAD = `
import { createRequire } from 'node:module';
import { deepStrictEqual, ok } from 'node:assert';
const require = createRequire(process.cwd() + '/project.js');
for (const entry of process.argv.slice(1)) {
  const imported = Object.keys(await import(entry)).filter((name) => name !== 'default' && name !== 'module.exports');
  const required = Object.keys(require(entry));
  ok(imported.length > 0, entry + ' exports nothing');
  deepStrictEqual(imported.sort(), required.sort(), entry);
}
`;

const folder = process.cwd();
const project = mkdtempSync(join(tmpdir(), 'agent-sessions-project-'));
try {
  const tarball = await pack(folder);
  await must('publint', [bin('publint'), 'run', tarball, '--strict']);
  await must('are the types wrong?', [bin('attw'), tarball, ...ATTW]);
  await install(folder, tarball);
  const { name } = manifestOf(folder);
  const dead = deadMaps(join(project, 'node_modules', name));
  if (dead.length > 0) throw new Error(`Not packed:\n${dead.join('\n')}`);
  await load(name);
  assertImports(name);
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}

async function pack(packageDir) {
  const tarballs = join(project, 'tarballs', manifestOf(packageDir).name);
  mkdirSync(tarballs, { recursive: true });
  await must('pack', [...pnpm, 'pack', '--pack-destination', tarballs], packageDir);
  return join(tarballs, readdirSync(tarballs)[0]);
}

/** The workspace's own packages come as they are packed, all others as the workspace has them: it needs no registry. */
async function install(packageDir, tarball) {
  const { name, dependencies = {}, peerDependencies = {} } = manifestOf(packageDir);
  const target = join(project, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  await must('unpack', ['tar', '-xzf', tarball, '-C', target, '--strip-components=1']);
  for (const peer of Object.keys(peerDependencies)) {
    link(peer, realpathSync(join(packageDir, 'node_modules', peer)));
  }
  for (const dependency of Object.keys(dependencies)) {
    const dir = realpathSync(join(packageDir, 'node_modules', dependency));
    if (dependency.startsWith(OWN)) await install(dir, await pack(dir));
    else link(dependency, dir);
  }
}

function link(name, dir) {
  const place = join(project, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { force: true });
  symlinkSync(dir, place);
}

/** Every entry of a package gives the same names to `import` and to `require`; its manifest has no workspace left in it. */
async function load(name) {
  const dir = join(project, 'node_modules', name);
  if (/"(workspace|catalog):/.test(readFileSync(join(dir, 'package.json'), 'utf8')))
    throw new Error('The packed manifest names the workspace or its catalog.');
  const entries = Object.keys(manifestOf(dir).exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => name + entry.slice(1));
  await must('load', [process.execPath, '--input-type=module', '--eval', LOAD, ...entries], project);
}

/** What each entry imports, by way of the package's own files, is a dependency, a peer, or there on every runtime. */
function assertImports(name) {
  const dir = join(project, 'node_modules', name);
  const { bin: commands, exports, dependencies = {}, peerDependencies = {} } = manifestOf(dir);
  const packages = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  for (const [entry, conditions] of Object.entries(exports)) {
    if (entry.endsWith('.json')) continue;
    const modules = [...OF_EVERY_RUNTIME, ...(OF_NODE[entry] ?? [])];
    for (const file of [conditions.import.default, conditions.require.default]) {
      for (const imported of importsOf(join(dir, file))) {
        const isOfPackage = packages.some((name) => imported === name || imported.startsWith(`${name}/`));
        const isOfNode = commands !== undefined && imported.startsWith('node:');
        if (!isOfPackage && !isOfNode && !modules.includes(imported))
          throw new Error(`${entry} imports ${imported} (${file})`);
      }
    }
  }
}

function importsOf(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.flatMap(({ fileName }) =>
      fileName.startsWith('.') ? importsOf(join(dirname(file), fileName), seen) : [fileName],
    );
}

async function must(step, command, cwd = folder) {
  const { ok, output } = await run(command, { cwd });
  if (!ok) throw new Error(`${step}:\n${output}`);
}

function manifestOf(dir) {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
}
