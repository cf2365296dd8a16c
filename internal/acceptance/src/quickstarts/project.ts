import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { runCommand } from '../command';
import { blocks, quickstarts, ROOT, type QuickstartFile } from '../documents';
import { PRELOAD } from '../snippets';

export type PackageManager = 'npm' | 'pnpm';

/** An empty project into which somebody installed what the documents say. */
export interface Project {
  readonly folder: string;
  /** Loaded before a quick start, in the place of a model. */
  readonly preload: Readonly<Record<QuickstartFile, string>>;
}

/** A quick start in a project. */
export interface Quickstart {
  /** Of the backend and the module format. */
  readonly title: string;
  readonly name: QuickstartFile;
  readonly file: string;
}

const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  packageManager: string;
};
const PNPM = ['npx', '--yes', packageManager];

/** Runs a package manager in a folder. */
const MANAGERS = {
  npm: (folder: string, args: readonly string[]) => runCommand(['npm', ...args], { cwd: folder }),
  // From outside: npx refuses to run where `pnpm init` has said that the package manager is pnpm.
  pnpm: (folder: string, args: readonly string[]) =>
    runCommand([...PNPM, '--dir', folder, ...args], { cwd: ROOT }),
};
const INIT = { npm: ['init', '--yes'], pnpm: ['init'] };
const INSTALL = {
  npm: ['install', '--prefer-offline', '--no-audit', '--no-fund'],
  pnpm: ['add', '--prefer-offline'],
};

/** Packs the published packages into a folder. */
export async function pack(folder: string): Promise<Map<string, string>> {
  const tarballs = new Map<string, string>();
  for (const name of readdirSync(join(ROOT, 'packages'))) {
    const destination = join(folder, name);
    const cwd = join(ROOT, 'packages', name);
    await runCommand([...PNPM, 'pack', '--pack-destination', destination], { cwd });
    const [tarball = ''] = readdirSync(destination);
    tarballs.set(`@agent-sessions/${name}`, join(destination, tarball));
  }
  return tarballs;
}

/**
 * Makes an empty project and installs there what the documents say, the packages of this workspace from their tarballs,
 * and what else is named.
 * @returns the project, and what the package manager said.
 */
export async function makeProject(
  folder: string,
  manager: PackageManager,
  tarballs: ReadonlyMap<string, string>,
  others: readonly string[] = [],
): Promise<{ project: Project; said: string }> {
  mkdirSync(folder, { recursive: true });
  const run = MANAGERS[manager];
  await run(folder, INIT[manager]);
  if (manager === 'pnpm') {
    // Until they are published, one finds the other by this alone; npm takes the tarball that is installed beside it.
    const overrides = [...tarballs].map(([name, file]) => `  '${name}': 'file:${file}'\n`);
    // What has a build script works without: `tsx`, which is not ours.
    const settings = `overrides:\n${overrides.join('')}allowBuilds:\n  esbuild: false\n`;
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), settings);
  }
  const named = installed();
  const packages = new Set([...named.filter((name) => !tarballs.has(name)), ...tarballs.values(), ...others]);
  const { stdout, stderr } = await run(folder, [...INSTALL[manager], ...packages]);
  return { project: { folder, preload: writePreload(folder) }, said: `${stdout}${stderr}` };
}

/** Puts the quick starts of the documents into the project, each in a folder of its own. */
export function addQuickstarts(project: Project): Quickstart[] {
  return (['quickstart.mts', 'quickstart.cjs'] as const).flatMap((name) => {
    const codes = [...new Set(quickstarts(name).map(({ code }) => code))];
    return codes.map((code) => {
      const backend = code.includes('DynamoDBSession') ? 'DynamoDB' : 'Redis';
      const title = `${backend}, ${name === 'quickstart.mts' ? 'ES module' : 'CommonJS'}`;
      const folder = join(project.folder, title.replaceAll(/\W+/g, '-'));
      mkdirSync(folder);
      writeFileSync(join(folder, name), code);
      return { title, name, file: join(folder, name) };
    });
  });
}

/** What the documents tell a reader to install. */
function installed(): string[] {
  return blocks('sh').flatMap(({ code }) =>
    [...code.matchAll(/^npm install (.+)$/gm)].flatMap(([, names = '']) => names.split(' ')),
  );
}

function writePreload(folder: string): Project['preload'] {
  const write = (name: string, module: ts.ModuleKind): string => {
    const compilerOptions = { module, target: ts.ScriptTarget.ES2022 };
    const file = join(folder, name);
    writeFileSync(file, ts.transpileModule(PRELOAD.code, { compilerOptions }).outputText);
    return file;
  };
  return {
    'quickstart.mts': write('scriptedProvider.mjs', ts.ModuleKind.ESNext),
    'quickstart.cjs': write('scriptedProvider.cjs', ts.ModuleKind.CommonJS),
  };
}
