import { fork, type ChildProcess } from 'node:child_process';
import { SessionError } from '../store/errors';
import type { CommitResult, SessionStore, StoredHistory } from '../store/sessionStore';
import type { StoreProcesses } from './harness';
import type { Answer, Call, Opening, StoreVerb } from './serveStore';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Calls `work` with so many stores, each in a child process of its own, and ends these. */
export async function inProcesses(
  processes: StoreProcesses,
  count: number,
  work: (stores: readonly SessionStore[]) => Promise<void>,
): Promise<void> {
  const children = Array.from({ length: count }, () => new StoreProcess(processes));
  try {
    await Promise.all(children.map((child) => child.opened));
    await work(children.map((child) => child.store));
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
}

/** A child process that carries out a store's methods; see `serveStore`. */
class StoreProcess {
  readonly opened: Promise<unknown>;
  readonly store: SessionStore;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  constructor({ module, options, execArgv = process.execArgv, env }: StoreProcesses) {
    this.#child = fork(module, {
      execArgv: [...execArgv],
      env: { ...process.env, ...env },
      // Bytes stay bytes.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    this.#child.on('message', (answer: Answer) => this.#settle(answer));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#fail(error.message));
      this.#child.once('close', (code, signal) => {
        this.#fail(`it ended with ${signal ?? code ?? ''}\n${errors}`);
        resolve();
      });
    });
    this.opened = this.#waitFor(0, { options });
    this.store = {
      read: async (...args) => (await this.#call('read', args)) as StoredHistory,
      commit: async (...args) => (await this.#call('commit', args)) as CommitResult,
      clear: async (...args) => {
        await this.#call('clear', args);
      },
    };
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #call(method: StoreVerb, args: readonly unknown[]): Promise<unknown> {
    const call = ++this.#calls;
    return this.#waitFor(call, { call, method, args });
  }

  #waitFor(call: number, message: Opening | Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#child.send(message, (error) => {
        if (error) this.#fail(error.message);
      });
    });
  }

  #settle(answer: Answer): void {
    const call = answer === 'open' ? 0 : answer.call;
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (answer === 'open') waiting?.resolve(undefined);
    else if ('value' in answer) waiting?.resolve(answer.value);
    else if (answer.code === undefined) waiting?.reject(new Error(answer.message));
    else waiting?.reject(new SessionError(answer.code, answer.message));
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(`a process with a store: ${why}`));
    this.#waiting.clear();
  }
}
