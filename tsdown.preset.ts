import { defineConfig, type UserConfig } from 'tsdown';

/** One build for every published package: ESM and CJS, with types for both. */
export function preset(entry: Record<string, string>): UserConfig {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
  });
}
