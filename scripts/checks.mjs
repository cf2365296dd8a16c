import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root, run } from './run.mjs';

export const ALL_CHECKS = ['typecheck', 'lint', 'format:check', 'knip', 'api', 'package'];

/**
 * Builds the published packages, where a source of theirs has changed since the last time, and runs the checks whose
 * subject has. Prints what failed.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(checks) {
  // Through pnpm, because turbo runs each package's script with it.
  const turbo = [...pnpm, 'exec', 'turbo', 'run', ...checks];
  const flags = [
    '--continue=dependencies-successful',
    '--concurrency=2',
    '--output-logs=errors-only',
    '--summarize',
  ];
  const before = new Set(summaries());
  const { ok, output } = await run([...turbo, ...flags], { env: { TURBO_TELEMETRY_DISABLED: '1' } });
  const ran = summaries()
    .filter((file) => !before.has(file))
    .flatMap(takeSummary)
    .filter(
      ({ task, command, execution }) => checks.includes(task) && command !== '<NONEXISTENT>' && execution,
    );
  const failed = ran.filter(({ execution }) => execution.exitCode !== 0);
  if (!ok) console.log(output);
  for (const { taskId } of failed) console.log(`✗ ${taskId}`);
  const counts = { passed: ran.length - failed.length, failed: ok ? 0 : Math.max(1, failed.length) };
  console.log(`• ${checks.join(', ')}: ${counts.passed} passed, ${counts.failed} failed`);
  return counts;
}

const RUNS = join(root, '.turbo', 'runs');

function takeSummary(file) {
  const { tasks } = JSON.parse(readFileSync(join(RUNS, file), 'utf8'));
  rmSync(join(RUNS, file));
  return tasks;
}

function summaries() {
  try {
    return readdirSync(RUNS);
  } catch {
    return [];
  }
}
