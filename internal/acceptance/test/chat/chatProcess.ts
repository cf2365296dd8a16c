import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(__dirname, '../../../../examples/chatServer/main.ts');

/** `npm run chat`, without the set-up: its process, and the server's beneath it. */
export class ChatProcess {
  readonly #main: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** The first word of an answer takes an hour: each is under way for as long as the server lives. */
  constructor(backend: string) {
    const env = { ...process.env, OPENAI_API_KEY: '', CHAT_WORD_DELAY_MS: '3600000', PORT: '0' };
    const main = spawn(process.execPath, ['--import', 'tsx', MAIN, backend], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#main = main;
    this.#lines = createInterface(main.stdout)[Symbol.asyncIterator]();
  }

  /** The next server that it says has started. */
  async server(): Promise<{ url: string; pid: number }> {
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error('The chat has ended');
      const { url, pid } = /^(?<url>http:\S+) +\(process (?<pid>\d+)\)$/.exec(line.value)?.groups ?? {};
      if (url !== undefined) return { url, pid: Number(pid) };
    }
  }

  /** Ends it as a terminal does, or a container. Returns its exit code. */
  async end(): Promise<number | null> {
    const exited = once(this.#main, 'exit');
    if (this.#main.exitCode !== null || this.#main.signalCode !== null) return this.#main.exitCode;
    this.#main.kill('SIGTERM');
    await exited;
    return this.#main.exitCode;
  }
}
