import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '../../..');
const FOLDER = join(ROOT, 'node_modules/.cache/agent-sessions-bundles');

const made = new Map<string, string>();

/**
 * Makes one JavaScript file of a TypeScript script of this workspace and all that it imports, and returns its path. A process
 * that tests start many times begins in a quarter of the time that loading some hundred modules takes.
 *
 * @param tsconfig - what names the sources of the packages; relative to the root.
 */
export function bundle(script: string, tsconfig = 'tsconfig.sources.json'): string {
  const name = `${createHash('sha256').update(`${tsconfig} ${script}`).digest('hex').slice(0, 16)}-${basename(script, '.ts')}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const outfile = join(FOLDER, `${name}.cjs`);
  // Several workers may make the same one at once, while processes of others read it.
  const own = join(FOLDER, `${name}-${process.pid}.cjs`);
  buildSync({
    entryPoints: [script],
    outfile: own,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfig: join(ROOT, tsconfig),
    logLevel: 'error',
  });
  renameSync(own, outfile);
  made.set(name, outfile);
  return outfile;
}
