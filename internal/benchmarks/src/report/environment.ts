import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { describeRedis, findDynamoDB, findRedis } from '@agent-sessions/engines';

const require = createRequire(import.meta.url);
const LIBRARIES = [
  'redis',
  'ioredis',
  '@aws-sdk/client-dynamodb',
  '@langchain/core',
  '@langchain/redis',
  '@langchain/community',
];

/** What it ran on, in words. */
export function machine(): string {
  const { model = 'unknown processor' } = cpus()[0] ?? {};
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores of ${model.trim()}, ${gigabytes} GB of memory, ${process.platform} on ${process.arch}; client and server share them`;
}

/** What took part, with its version. */
export function versions(): string {
  const redis = findRedis();
  const dynamodb = findDynamoDB();
  return [
    `Node.js ${process.versions.node}`,
    ...(redis === undefined ? [] : [describeRedis(redis).split(',')[0] ?? '']),
    ...(dynamodb === undefined
      ? []
      : [spawnSync(dynamodb, ['--version'], { encoding: 'utf8' }).stdout.trim() || 'dynoxide']),
    ...LIBRARIES.map((name) => `\`${name}\` ${versionOf(name)}`),
  ].join(', ');
}

function versionOf(name: string): string {
  // Not every package exports its manifest.
  for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (manifest.name === name) return manifest.version ?? '';
    } catch {
      // One folder up.
    }
    if (folder === dirname(folder)) throw new Error(`${name} has no manifest`);
  }
}
