import { defineConfig, type UserConfig } from 'tsdown';

/**
 * One build for every published package: ESM and CJS, with types for both. The maps of the code hold its sources, so that
 * stack traces can be read. Types have no maps: these cannot hold sources, and would name some that are not packed.
 */
export function preset(entry: Record<string, string>): UserConfig {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
    outputOptions: { plugins: [typesWithoutMaps] },
  });
}

/** The build deletes the maps of types, and leaves the comments that name them. */
const typesWithoutMaps = {
  name: 'types-without-maps',
  generateBundle(_options: unknown, bundle: Record<string, { fileName: string; code?: string }>) {
    for (const file of Object.values(bundle)) {
      if (file.code !== undefined && /\.d\.[cm]ts$/.test(file.fileName))
        file.code = file.code.replace(/\n\/\/# sourceMappingURL=.*/, '');
    }
  },
};
