import { fileURLToPath } from 'node:url';
import { keepAwake } from '../measure/children';
import { rotate } from '../measure/rotate';
import { median } from '../measure/statistics';
import { bundleSize } from '../packages/bundleSize';
import { importTime } from '../packages/importTime';
import { figures } from '../report/numbers';
import type { Suite } from './suite';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Ours as they are built, and beside them what an application imports anyway or might import instead. */
const MODULES: readonly { readonly specifier: string; readonly dist?: string }[] = [
  { specifier: '@agent-sessions/session-core', dist: 'session-core/dist/index.mjs' },
  { specifier: '@agent-sessions/session-redis', dist: 'session-redis/dist/index.mjs' },
  { specifier: '@agent-sessions/session-dynamodb', dist: 'session-dynamodb/dist/index.mjs' },
  { specifier: 'redis' },
  { specifier: '@aws-sdk/client-dynamodb' },
  { specifier: '@langchain/redis' },
  { specifier: '@langchain/community/stores/message/dynamodb' },
];

/** As an application imports it. */
function built(dist: string): string {
  return new URL(`../../../../packages/${dist}`, import.meta.url).href;
}

export const packages: Suite = {
  name: 'packages',
  run: async ({ scale, progress }) => {
    progress.step('Packages: size and import');
    const awake = keepAwake();
    const times = new Map(MODULES.map(({ specifier }) => [specifier, [] as number[]]));
    try {
      await rotate(MODULES, scale.repetitions + 1, async ({ specifier, dist }, round) => {
        const ms = await importTime(dist === undefined ? specifier : built(dist), HERE);
        if (round > 0) times.get(specifier)?.push(ms);
      });
    } finally {
      awake.stop();
    }
    const rows = await Promise.all(
      MODULES.map(async ({ specifier, dist }) => [
        `\`${specifier}\``,
        dist === undefined
          ? ''
          : figures(
              (await bundleSize(fileURLToPath(new URL(`../../../../packages/${dist}`, import.meta.url)))) /
                1_000,
            ),
        figures(median(times.get(specifier) ?? [])),
      ]),
    );
    return {
      title: 'The packages',
      text:
        'KB: all that an application takes on, with the core, without peers, as one bundle, minified and compressed. ' +
        'Import: the median in milliseconds, in a process that has imported nothing else. That of a backend comes with ' +
        'its driver, which the application imports.',
      tables: [{ columns: ['', 'KB', 'import, ms'], rows }],
    };
  },
};
