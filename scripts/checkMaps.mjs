import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What leads nowhere in the unpacked package: files that name a source map that is not packed, and maps that name a
 * source which they neither hold nor find packed.
 * @returns {string[]}
 */
export function deadMaps(dir) {
  const files = readdirSync(dir, { recursive: true });
  const read = (file) => readFileSync(join(dir, file), 'utf8');
  const isMissing = (file, target) => !existsSync(join(dir, dirname(file), target));
  const code = files
    .filter((file) => /\.[cm]?[jt]s$/.test(file))
    .flatMap((file) => {
      const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(read(file)) ?? [];
      return map !== undefined && isMissing(file, map) ? [`${file} names ${map}`] : [];
    });
  const maps = files
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => {
      const { sources, sourcesContent = [] } = JSON.parse(read(file));
      return sources
        .filter((source, index) => typeof sourcesContent[index] !== 'string' && isMissing(file, source))
        .map((source) => `${file} names ${source}`);
    });
  return [...code, ...maps];
}
