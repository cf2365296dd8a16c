import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from '@agent-sessions/engines';
import type { History } from '../workload/history';
import { fromLine, type Orders } from './messages';

export interface WriterProcess {
  kill(): void;
  /** Resolves once all that it said is recorded: with true when it was killed, false when it had done all its calls. */
  readonly ended: Promise<boolean>;
}

/** Starts a process that writes to these sessions, and records what it says. */
export function startWriter(orders: Orders, histories: readonly History[]): WriterProcess {
  const script = bundle(join(__dirname, 'writer.ts'));
  const child = spawn(process.execPath, [script, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${said}${text}`.split('\n');
    // The last one is not complete, and never will be if the writer was killed while it said it.
    said = lines.pop() ?? '';
    for (const line of lines) record(line, histories);
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`a writer ended with ${signal ?? code ?? ''}:\n${errors}`));
    });
  });
  return { kill: () => void child.kill('SIGKILL'), ended };
}

function record(line: string, histories: readonly History[]): void {
  const { session, call, event, operation } = fromLine(line);
  const history = histories[session];
  if (history === undefined) throw new Error(`a writer reports on session ${session}, which there is not`);
  if (event === 'returned') history.returned(call, operation);
  else if (operation) history.called(call, operation);
}
