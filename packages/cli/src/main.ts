#!/usr/bin/env node
import process from 'node:process';
import { run } from './run';

// Not awaited at the top level, which CommonJS does not know.
void run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
