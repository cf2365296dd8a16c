import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { MemoryStore, type MemorySessions } from '../../src/memoryStore';
import type { SessionStore } from '../../src/store';
import { WriteQueue } from '../../src/session/writeQueue';

/** Between whom a lock holds: between all processes, or within each of them only. */
export type LockScope = 'processes' | 'one process';

/** All sessions in one file, which is read, changed and written back under a lock. */
export class FileStore implements SessionStore {
  readonly #file: string;
  readonly #lockedBetween: LockScope;
  readonly #queue = new WriteQueue();

  constructor(file: string, lockedBetween: LockScope) {
    this.#file = file;
    this.#lockedBetween = lockedBetween;
  }

  read: SessionStore['read'] = (...args) => this.#change((store) => store.read(...args));
  commit: SessionStore['commit'] = (...args) => this.#change((store) => store.commit(...args));
  clear: SessionStore['clear'] = (...args) => this.#change((store) => store.clear(...args));

  #change<T>(change: (store: SessionStore) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      if (this.#lockedBetween === 'processes') await this.#lock();
      try {
        const sessions = await this.#load();
        const result = await change(new MemoryStore({ sessions }));
        const written = `${this.#file}.${process.pid}`;
        await writeFile(written, serialize(sessions));
        await rename(written, this.#file);
        return result;
      } finally {
        if (this.#lockedBetween === 'processes') await rmdir(`${this.#file}.lock`);
      }
    });
  }

  async #load(): Promise<MemorySessions> {
    const bytes = await readFile(this.#file).catch(() => undefined);
    return bytes === undefined ? new Map() : (deserialize(bytes) as MemorySessions);
  }

  async #lock(): Promise<void> {
    // The only way to wait for another process's directory to go is to try again.
    while (
      !(await mkdir(`${this.#file}.lock`).then(
        () => true,
        () => false,
      ))
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
