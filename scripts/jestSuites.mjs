import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, run, tail } from './run.mjs';
import { workspacePackages } from './workspace.mjs';

/** Runs every package's jest suites, one package at a time. */
export async function runJestSuites(report) {
  const results = mkdtempSync(join(tmpdir(), 'agent-sessions-results-'));
  // The tests never call a real model.
  const env = { CI: 'true', OPENAI_API_KEY: '' };
  try {
    for (const { folder, dir } of workspacePackages()) {
      if (!existsSync(join(dir, 'jest.config.cjs'))) continue;
      const started = Date.now();
      const file = join(results, folder.replaceAll('/', '-'));
      const { ok, output } = await run(
        [bin('jest'), '--ci', '--maxWorkers=2', '--json', `--outputFile=${file}`],
        {
          cwd: dir,
          env,
        },
      );
      report.add(`tests of ${folder}`, { ...summarize(folder, file, ok, output), started });
    }
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

function summarize(folder, file, ok, output) {
  // Jest writes no results when it fails before or after the tests, in a global set-up for instance.
  if (!existsSync(file))
    return {
      passed: 0,
      failures: [{ title: `tests of ${folder}`, output: tail(withoutForeignFrames(output)) }],
    };
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const failures = results.testResults.flatMap((suite) => failuresOf(folder, suite));
  if (results.numTotalTests === 0) failures.push({ title: `tests of ${folder}`, output: 'There are none.' });
  if (!ok && failures.length === 0)
    failures.push({ title: `tests of ${folder}`, output: tail(withoutForeignFrames(output)) });
  const skipped = results.numPendingTests + results.numTodoTests;
  return { passed: results.numPassedTests, failures, note: skipped === 0 ? '' : `, ${skipped} skipped` };
}

function failuresOf(folder, suite) {
  const name = suite.name.slice(suite.name.indexOf(folder));
  const failed = suite.assertionResults.filter(({ status }) => status === 'failed');
  // A suite can fail without a failed test: a file that does not load, or one without tests.
  if (suite.status === 'failed' && failed.length === 0)
    return [{ title: name, output: tail(withoutForeignFrames(suite.message)) }];
  return failed.map(({ fullName, failureMessages }) => ({
    title: `${name} › ${fullName}`,
    output: failureMessages.map((message) => tail(withoutForeignFrames(message), 40)).join('\n'),
  }));
}

/** Stack frames of jest and of other dependencies say nothing about a failure. */
function withoutForeignFrames(message) {
  return message
    .split('\n')
    .filter((line) => !/^\s+at .*(node_modules|node:internal)/.test(line))
    .join('\n');
}
