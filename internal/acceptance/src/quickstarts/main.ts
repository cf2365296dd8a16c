import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamoDB, startRedis } from '@agent-sessions/engines';
import { runCommand } from '../command';
import { COMPILERS, typeChecks } from './compilers';
import { addQuickstarts, makeProject, pack, type PackageManager } from './project';
import { readRecordsOfAll } from './recordsOfAll';
import { runQuickstart } from './runQuickstart';
import { installRuntimes, TSX } from './runtimes';

/**
 * `npm run quickstarts`: packs the packages, installs them in empty projects of npm and of pnpm, and runs the quick starts
 * there, as they stand in the documents, on every runtime that can be had, with real engines and a scripted model; looks
 * whether these read each other's compressed records; then type-checks what the documents show with every TypeScript from the
 * floor on. A line for each, and a count at the end.
 */
const MANAGERS: readonly PackageManager[] = ['npm', 'pnpm'];

const counts = { passed: 0, failed: 0 };
async function check(title: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    counts.passed++;
    console.log(`✓ ${title}`);
  } catch (error) {
    counts.failed++;
    console.log(`✗ ${title}\n${(error as Error).message}`);
  }
}

const root = mkdtempSync(join(tmpdir(), 'agent-sessions-quickstarts-'));
const [redis, dynamodb] = await Promise.all([startRedis(), startDynamoDB()]);
try {
  const tarballs = await pack(join(root, 'tarballs'));
  const runtimes = await installRuntimes(join(root, 'runtimes'));
  for (const manager of MANAGERS) {
    const { project, said } = await makeProject(join(root, manager), manager, tarballs, [TSX, ...COMPILERS]);
    console.log(`\n${manager} says:\n${said.trim()}\n`);
    for (const quickstart of addQuickstarts(project)) {
      for (const runtime of runtimes) {
        await check(`${manager}, ${runtime.title}: ${quickstart.title}`, () =>
          runQuickstart(runtime, quickstart, project, { redis: redis.url, dynamodb: dynamodb.endpoint }),
        );
      }
    }
    await check(`${manager}: every runtime reads what the others compress`, () =>
      readRecordsOfAll(runtimes, project),
    );
    for (const { title, command } of typeChecks(project)) {
      await check(`${manager}, ${title}: every snippet`, () => runCommand(command, { cwd: project.folder }));
    }
  }
} finally {
  await Promise.all([redis.stop(), dynamodb.stop()]);
  rmSync(root, { recursive: true, force: true });
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
