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
import { deadMaps } from './checkMaps.mjs';
import { bin, pnpm, run } from './run.mjs';

/**
 * Packs the package in the current folder, checks the tarball, and loads it, with those of the workspace that it depends
 * on, in a project outside the workspace, by `import` and by `require`.
 */
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

/** The workspace's own packages come as they are packed, peers as the workspace has them: it needs no registry. */
async function install(packageDir, tarball) {
  const { name, dependencies = {}, peerDependencies = {} } = manifestOf(packageDir);
  const target = join(project, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  await must('unpack', ['tar', '-xzf', tarball, '-C', target, '--strip-components=1']);
  for (const peer of Object.keys(peerDependencies)) {
    const link = join(project, 'node_modules', peer);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(realpathSync(join(packageDir, 'node_modules', peer)), link);
  }
  for (const dependency of Object.keys(dependencies)) {
    const dir = realpathSync(join(packageDir, 'node_modules', dependency));
    await install(dir, await pack(dir));
  }
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

async function must(step, command, cwd = folder) {
  const { ok, output } = await run(command, { cwd });
  if (!ok) throw new Error(`${step}:\n${output}`);
}

function manifestOf(dir) {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
}
