import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreProcesses } from '../../src/testing';
import type { LockScope } from './fileStore';

/** Where the files are. Whoever uses them removes it. */
export const FILES = mkdtempSync(join(tmpdir(), 'agent-sessions-kit-'));

/** Processes with stores over one new file. */
export function fileProcesses(lockedBetween: LockScope): StoreProcesses {
  return {
    module: join(__dirname, 'fileStoreProcess.ts'),
    options: { file: join(FILES, randomUUID()), lockedBetween },
    execArgv: ['--import', 'tsx'],
  };
}
