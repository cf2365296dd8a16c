import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { newPlace, openBackend } from '../../src/backends';
import { PACKAGE, SDK_TSCONFIG, sdkVersion } from './process';

/** Each run of these tests is on the version of the SDK that it says. */

interface Manifest {
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** Whether the first version is the older one, or the same. */
function isAtMost(left: string, right: string): boolean {
  return left.localeCompare(right, 'en', { numeric: true }) <= 0;
}

test('the SDK that is loaded is the one under test', () => {
  const loaded = manifest(join(dirname(require.resolve('@openai/agents')), '..', 'package.json')).version;
  const newest = manifest(join(PACKAGE, 'node_modules/@openai/agents/package.json')).version;
  expect(loaded).toBe(sdkVersion ?? newest);
  expect(loaded === newest).toBe(sdkVersion === undefined);
});

test.each(['session-core', 'session-redis', 'session-dynamodb'])(
  'the range that %s states has it, begins with the oldest under test, and ends behind the newest',
  (name) => {
    const range = manifest(join(PACKAGE, '../../packages', name, 'package.json')).peerDependencies?.[
      '@openai/agents'
    ];
    const [, from = '', to = ''] = /^>=(\S+) <(\S+)$/.exec(range ?? '') ?? [];
    const newest = manifest(join(PACKAGE, 'node_modules/@openai/agents/package.json')).version;
    const tested = sdkVersion ?? newest;
    expect([isAtMost(from, tested), isAtMost(to, tested)]).toEqual([true, false]);
    expect(from).toBe('0.15.0');
    expect(to).toBe(newest.replace(/^0\.(\d+)\..*$/, (_, minor) => `0.${Number(minor) + 1}.0`));
  },
);

// Against the newest one, that is what `typecheck` does.
if (sdkVersion !== undefined) {
  test('the packages, and what uses them with the SDK, compile against its types', async () => {
    const tsc = join(PACKAGE, '../../node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', SDK_TSCONFIG, '--listFiles'], {
      cwd: PACKAGE,
    });
    expect(stdout).toMatch(/session-core\/src\/.*storedSession\.ts/);
    expect(stdout).toContain(`/@openai+agents@${sdkVersion}`);
  }, 120_000);
}

test('sessions in databases are encrypted on one version, and in plaintext on the others', async () => {
  const place = newPlace();
  const backend = await openBackend('redis', place);
  const sessionId = 'kept';
  await backend.session({ sessionId }).addItems([{ role: 'user', content: 'Hello' }]);
  const read = backend.session({ sessionId, encryption: undefined }).getItems();
  if (sdkVersion === '0.18.0') await expect(read).rejects.toThrow('encrypted');
  else expect(await read).toHaveLength(1);
  await backend.close();
});
