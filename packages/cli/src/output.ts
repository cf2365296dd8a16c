import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import type { Io } from './run';

type Style = Parameters<typeof styleText>[0];

/** What a command says: results to the standard output, all else to the standard error. */
export class Output {
  readonly io: Io;
  readonly isJson: boolean;

  constructor(io: Io, isJson: boolean) {
    this.io = io;
    this.isJson = isJson;
  }

  line(text: string): void {
    this.io.stdout.write(`${text}\n`);
  }

  /** The result for programs, or as text. */
  result(value: object, text: () => string): void {
    this.line(this.isJson ? JSON.stringify(value) : text());
  }

  note(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  /** How far long work has come: one line that is written over, on a terminal only. */
  progress(text: string): void {
    if (this.io.stderr.isTTY === true) this.io.stderr.write(`\r\u001b[K${text}`);
  }

  progressEnds(): void {
    if (this.io.stderr.isTTY === true) this.io.stderr.write('\r\u001b[K');
  }

  /** In colour on a terminal: https://no-color.org */
  styled(style: Style, text: string): string {
    const { stdout, env } = this.io;
    const isColoured = stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
    return isColoured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Asks on a terminal; elsewhere nobody confirms. */
  async confirms(question: string): Promise<boolean> {
    const { stdin, stderr } = this.io;
    if (stdin.isTTY !== true) {
      this.note(`${question} Nobody can be asked here: say --yes`);
      return false;
    }
    const terminal = createInterface({ input: stdin, output: stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  }
}
