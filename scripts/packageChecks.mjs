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
import { bin, pnpm, run } from './run.mjs';
import { workspacePackages } from './workspace.mjs';

/**
 * Packs every published package, checks each tarball, and loads all of them in a project outside the workspace, by
 * `import` and by `require`.
 */
export async function checkPackages(report) {
  const project = mkdtempSync(join(tmpdir(), 'agent-sessions-project-'));
  const published = workspacePackages().filter(({ manifest }) => manifest.private !== true);
  try {
    for (const { folder, dir, manifest } of published) {
      const tarballs = join(project, 'tarballs', manifest.name);
      mkdirSync(tarballs, { recursive: true });
      const packed = await report.check(`${folder} packs`, () =>
        run([...pnpm, 'pack', '--pack-destination', tarballs], { cwd: dir }),
      );
      if (!packed) continue;
      const tarball = join(tarballs, readdirSync(tarballs)[0]);
      await report.check(`${folder} as packed: publint`, () =>
        run([bin('publint'), 'run', tarball, '--strict']),
      );
      await report.check(`${folder} as packed: its types resolve`, () =>
        run([bin('attw'), tarball, ...ATTW]),
      );
      await install(project, manifest.name, tarball);
    }
    for (const { dir } of published) linkPeers(project, dir);
    for (const { folder, manifest } of published) {
      await report.check(`${folder} as packed: import and require`, () => load(project, manifest.name));
    }
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const ATTW = ['--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--no-color'];

async function install(project, name, tarball) {
  const target = join(project, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  await run(['tar', '-xzf', tarball, '-C', target, '--strip-components=1']);
}

/** The project's peers are the workspace's own, so that it needs no registry. */
function linkPeers(project, packageDir) {
  const { peerDependencies = {} } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'));
  for (const peer of Object.keys(peerDependencies)) {
    const link = join(project, 'node_modules', peer);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(realpathSync(join(packageDir, 'node_modules', peer)), link);
  }
}

/** Every entry of a package gives the same names to `import` and to `require`; its manifest has no workspace left in it. */
async function load(project, name) {
  const manifest = readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8');
  if (/"(workspace|catalog):/.test(manifest)) return { ok: false, output: manifest };
  const entries = Object.keys(JSON.parse(manifest).exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => name + entry.slice(1));
  return run([process.execPath, '--input-type=module', '--eval', LOAD, ...entries], { cwd: project });
}

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
