import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The package manager that package.json pins, fetched by npm. */
export const pnpm = ['npx', '--yes', JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).packageManager];

/**
 * Runs a command without input and collects its output.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run([command, ...args], { cwd = root, env = {}, minutes = 30 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own `timeout`: when the command does not exist, that keeps this process waiting for it.
    const timer = setTimeout(() => child.kill('SIGKILL'), minutes * 60_000);
    const finish = (ok) => {
      clearTimeout(timer);
      resolve({ ok, output });
    };
    let output = '';
    const collect = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.once('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.once('close', (code, signal) => {
      if (signal !== null) output += `\nended by ${signal}, after at most ${minutes} minutes`;
      finish(code === 0);
    });
  });
}

/**
 * Runs a command without input, which prints what it does.
 * @returns {Promise<boolean>}
 */
export function runAloud([command, ...args], { env = {} } = {}) {
  // What it prints for a program to read is of no use here: jest's own words are on stderr.
  const stdio = ['ignore', 'ignore', 'inherit'];
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
}

/** A program of the workspace's own dependencies. */
export function bin(name) {
  return `${root}/node_modules/.bin/${name}`;
}

/** The last lines of a command's output. */
export function tail(output, lines = 30) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
