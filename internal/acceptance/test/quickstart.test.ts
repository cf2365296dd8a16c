import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addQuickstarts, makeProject, pack } from '../src/quickstarts/project';
import { runQuickstart } from '../src/quickstarts/runQuickstart';
import { nodeRuntime, TSX } from '../src/quickstarts/runtimes';

/**
 * The quick starts run as they stand in the documents, in a project of `npm init` with the packages as they are published.
 * `npm run quickstarts` does the same with pnpm, and on other runtimes.
 */
const root = mkdtempSync(join(tmpdir(), 'agent-sessions-quickstart-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('quick starts, on this Node', async () => {
  const tarballs = await pack(join(root, 'tarballs'));
  const { project } = await makeProject(join(root, 'project'), 'npm', tarballs, [TSX]);
  const runtime = nodeRuntime(process.execPath, process.version);
  const quickstarts = addQuickstarts(project);
  expect(quickstarts.map(({ title }) => title).sort()).toEqual([
    'DynamoDB, CommonJS',
    'DynamoDB, ES module',
    'Redis, CommonJS',
    'Redis, ES module',
  ]);
  const servers = { redis: process.env['REDIS_URL'] ?? '', dynamodb: process.env['DYNAMODB_ENDPOINT'] ?? '' };
  for (const quickstart of quickstarts) await runQuickstart(runtime, quickstart, project, servers);
}, 300_000);
