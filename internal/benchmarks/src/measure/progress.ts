/** Says on stderr what is being measured, and for how long it has been running. */
export class Progress {
  readonly #started = Date.now();
  #step = '';
  #shown = 0;

  step(name: string): void {
    this.#step = name;
    this.#write(name);
    if (!process.stderr.isTTY) process.stderr.write('\n');
  }

  /** How far the step is; shown in a terminal alone, a few times a second. */
  at(done: number, of: number): void {
    if (!process.stderr.isTTY || Date.now() - this.#shown < 200) return;
    this.#write(`${this.#step}: ${done} of ${of}`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }

  #write(text: string): void {
    this.#shown = Date.now();
    const seconds = Math.round((Date.now() - this.#started) / 1_000);
    const time = `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`;
    process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${time}  ${text}`);
  }
}
