import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE, SDK_TSCONFIG, sdkVersion } from './process';

/** Each run of these tests is on the version of the SDK that it says. */

function manifest(path: string): { version: string; devDependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(path, 'utf8')) as { version: string };
}

test('the SDK that is loaded is the one under test', () => {
  const loaded = manifest(join(dirname(require.resolve('@openai/agents')), '..', 'package.json')).version;
  const newest = manifest(join(PACKAGE, 'node_modules/@openai/agents/package.json')).version;
  expect(loaded).toBe(sdkVersion ?? newest);
  expect(loaded === newest).toBe(sdkVersion === undefined);
});

// Against the newest one, that is what `typecheck` does.
if (sdkVersion !== undefined) {
  test('the packages, and what uses them with the SDK, compile against its types', async () => {
    const tsc = join(PACKAGE, '../../node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', SDK_TSCONFIG, '--listFiles'], {
      cwd: PACKAGE,
    });
    expect(stdout).toMatch(/session-core\/src\/storedSession\.ts/);
    expect(stdout).toContain(`/@openai+agents@${sdkVersion}`);
  }, 120_000);
}
