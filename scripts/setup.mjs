import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpm, root, run, tail } from './run.mjs';
import { workspacePackages } from './workspace.mjs';

const say = (step, text) => console.log(`• ${step}: ${text}`);

/** Sets up what is missing for the tests. What cannot be had is said, with how to get it, and fails where it is needed. */
export async function setUpAll() {
  const { ok, output } = await setUpDependencies();
  if (!ok) {
    console.log(output);
    return { passed: 0, failed: 1 };
  }
  await setUpRedis();
  await setUpValkey();
  await setUpOpenssl();
  await setUpDynamoDB();
  await lookForChromium();
  return { passed: 1, failed: 0 };
}

/** Installs the dependencies, unless the last install was from the same lockfile. */
export async function setUpDependencies() {
  const stampFile = join(root, 'node_modules', '.cache', 'agent-sessions', 'installed');
  const stamp = dependencyStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    say('dependencies', 'up to date');
    return { ok: true, output: '' };
  }
  say('dependencies', `installing with ${pnpm.at(-1)}`);
  // CI: without a terminal to ask on, pnpm refuses to replace an older node_modules otherwise.
  const install = [...pnpm, 'install', '--frozen-lockfile'];
  const { ok, output } = await run(install, { env: { CI: 'true' } });
  if (!ok) {
    const advice = 'It takes the npm registry within reach, and a lockfile that fits the manifests.';
    return { ok, output: `${tail(output)}\n\nNot installed by: ${install.join(' ')}\n${advice}` };
  }
  mkdirSync(join(stampFile, '..'), { recursive: true });
  writeFileSync(stampFile, stamp);
  return { ok, output };
}

function dependencyStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const manifests = workspacePackages().map(({ folder }) => join(folder, 'package.json'));
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Finds or installs a Redis server, or says what is missing and how to get it. */
export async function setUpRedis() {
  if (process.env.REDIS_URL) return say('Redis', 'the server that REDIS_URL names');
  const { describeRedis, findRedis, REDIS_MISSING } = await engines();
  if (findRedis() === undefined && (await canInstallPackages())) {
    // redis-tools holds the server too, and unlike the package redis-server it starts no service.
    say('Redis', 'installing redis-tools with apt-get');
    const problem = await installPackage('redis-tools');
    if (problem !== undefined) say('Redis', `apt-get could not install it:\n${problem}`);
  }
  const binary = findRedis();
  say('Redis', binary === undefined ? REDIS_MISSING : describeRedis(binary));
}

/**
 * With VALKEY=1, finds or installs a Valkey server; without, its tests run where there is one. On Debian the backports are
 * asked as well, for this installation only: apt's own sources stay as they are.
 */
async function setUpValkey() {
  if (process.env.VALKEY !== '1') return;
  const { describeRedis, findValkey, VALKEY_MISSING } = await engines();
  if (findValkey() === undefined && (await canInstallPackages())) {
    say('Valkey', 'installing valkey-tools with apt-get');
    // valkey-tools holds the server too, and unlike the package valkey-server it starts no service.
    const problem = await withBackports((options) => installPackage('valkey-tools', options));
    if (problem !== undefined) say('Valkey', `apt-get could not install it:\n${problem}`);
  }
  const binary = findValkey();
  say('Valkey', binary === undefined ? VALKEY_MISSING : describeRedis(binary));
}

/** Runs `install` with the options that let apt-get see the backports of the Debian that it knows already. */
async function withBackports(install) {
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(readIfThere('/etc/os-release'))?.[1];
  const targets = ['apt-get', 'indextargets', '--format', '$(ORIGIN) $(CODENAME) $(REPO_URI)'];
  const debian = (await run(targets)).output
    .split('\n')
    .map((line) => line.split(' '))
    .find(([origin, name]) => origin === 'Debian' && name === codename);
  if (debian === undefined) return install([]);
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-apt-'));
  try {
    const list = join(folder, 'sources.list');
    const backports = `deb ${debian[2]} ${codename}-backports main\n`;
    writeFileSync(list, `${readIfThere('/etc/apt/sources.list')}\n${backports}`);
    chmodSync(folder, 0o755);
    return await install(['-o', `Dir::Etc::sourcelist=${list}`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Finds or installs openssl, which makes the certificates of the TLS tests. */
async function setUpOpenssl() {
  if ((await run(['openssl', 'version'])).ok) return;
  const problem = (await canInstallPackages()) ? await installPackage('openssl') : undefined;
  say('openssl', problem ?? 'the TLS tests need it (Debian, Ubuntu: apt-get install openssl)');
}

/** Finds a DynamoDB engine (it comes with the dependencies), or says what is missing and how to get it. */
export async function setUpDynamoDB() {
  if (process.env.DYNAMODB_ENDPOINT) return say('DynamoDB', 'the engine that DYNAMODB_ENDPOINT names');
  const { findDynamoDB, DYNAMODB_MISSING } = await engines();
  say('DynamoDB', findDynamoDB() === undefined ? DYNAMODB_MISSING : 'dynoxide, from the dependencies');
}

/** The page of the chat example is looked at where there is a browser. */
async function lookForChromium() {
  const { findChromium, CHROMIUM_MISSING } = await engines();
  const binary = findChromium();
  say('Chromium', binary ?? `${CHROMIUM_MISSING} Its tests are not run.`);
}

/** Builds the published packages. */
export async function build() {
  say('packages', 'building');
  // Through pnpm, because turbo runs each package's script with it.
  return run([...pnpm, 'run', 'build'], { env: { TURBO_TELEMETRY_DISABLED: '1' } });
}

/** The engines package is TypeScript; tsx is there once the dependencies are. */
async function engines() {
  const { tsImport } = await import('tsx/esm/api');
  return tsImport('../internal/engines/src/index.ts', import.meta.url);
}

async function canInstallPackages() {
  return process.getuid?.() === 0 && (await run(['apt-get', '--version'])).ok;
}

async function installPackage(name, options = []) {
  const aptGet = [
    'apt-get',
    '-qq',
    '-o',
    'Acquire::Retries=1',
    '-o',
    'Acquire::http::Timeout=20',
    ...options,
  ];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // The lists may be missing or old, and an update may fail in part where the install still works.
  const update = await run([...aptGet, 'update'], { env, minutes: 5 });
  const install = await run(
    [...aptGet, '-o', 'DPkg::Lock::Timeout=120', 'install', '--yes', '--no-install-recommends', name],
    { env, minutes: 10 },
  );
  return install.ok ? undefined : tail(`${update.output}\n${install.output}`, 8);
}
