import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, runAloud } from './run.mjs';

/**
 * Runs the suites of every package in one pool of jest's, which prints what they do.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runSuites(args = []) {
  const results = mkdtempSync(join(tmpdir(), 'agent-sessions-results-'));
  const file = join(results, 'jest.json');
  // The tests never call a real model.
  const env = { CI: 'true', OPENAI_API_KEY: '' };
  try {
    const ok = await runAloud([bin('jest'), '--ci', '--json', `--outputFile=${file}`, ...args], { env });
    // Jest writes no results when it fails before or after the tests, in a global set-up for instance.
    if (!existsSync(file)) return { passed: 0, failed: 1 };
    return counts(JSON.parse(readFileSync(file, 'utf8')), ok);
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

function counts({ numPassedTests, numFailedTests, testResults }, ok) {
  const isSilent = ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed');
  // A suite can fail without a failed test: a file that does not load, or one without tests.
  const failed = numFailedTests + testResults.filter(isSilent).length;
  for (const { name, assertionResults } of testResults) {
    for (const { fullName, status } of assertionResults) {
      if (status !== 'passed' && status !== 'failed') console.log(`• not run: ${fullName} (${name})`);
    }
  }
  return { passed: numPassedTests, failed: ok ? failed : Math.max(1, failed) };
}
