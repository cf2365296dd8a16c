import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes of what an application takes on with an entry point, without peers: one bundle, minified and compressed. */
export async function bundleSize(entryPoint: string): Promise<number> {
  return gzipSync(await bundleOf(entryPoint), { level: 9 }).length;
}

/** What an application takes on with an entry point, without peers: one bundle, minified. */
export async function bundleOf(entryPoint: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-size-'));
  try {
    const outfile = join(folder, 'bundle.mjs');
    await build({
      entryPoints: [entryPoint],
      outfile,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['@openai/agents', '@opentelemetry/api', 'redis', '@aws-sdk/*'],
      logLevel: 'error',
    });
    return readFileSync(outfile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
