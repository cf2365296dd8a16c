import type { Readable, Writable } from 'node:stream';
import { SessionError } from '@agent-sessions/session-core';
import { parseCommandLine, type CommandLine } from './commandLine';
import { COMMANDS } from './commands';
import { ExitCode, UsageError } from './exitCode';
import { Output } from './output';
import { usage } from './usage';

/** What the command reads from and writes to. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the command as `agent-sessions` with these arguments.
 *
 * @returns the exit code: 0 done; 1 failed; 2 wrong arguments; 3 nothing there; 4 found damaged, or not copied to the end; 5 not
 * confirmed.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let line: CommandLine;
  try {
    line = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`${error.message}\n\n${usage()}\n`);
    return ExitCode.usage;
  }
  if (line.command === undefined) {
    io.stdout.write(`${usage()}\n`);
    return ExitCode.done;
  }
  try {
    return await COMMANDS[line.command](line, new Output(io, line.options.json));
  } catch (error) {
    io.stderr.write(`${saidOf(error)}\n`);
    return error instanceof UsageError ? ExitCode.usage : ExitCode.failed;
  }
}

/** Messages of a session's errors hold no content; what others throw may. */
function saidOf(error: unknown): string {
  if (SessionError.is(error)) return `${error.code}: ${error.message}`;
  if (error instanceof UsageError) return error.message;
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return `failed: ${typeof code === 'string' ? code : String(name)}`;
}
