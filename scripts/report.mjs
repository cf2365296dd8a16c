import { tail } from './run.mjs';

/** Counts what passed and failed, says each as it comes, and all failures again at the end. */
export class Report {
  #passed = 0;
  #failed = 0;
  #failures = [];

  /** Runs one check, a function that resolves to `{ ok, output }`. */
  async check(name, run) {
    const started = Date.now();
    const { ok, output } = await run();
    this.add(name, {
      passed: ok ? 1 : 0,
      failures: ok ? [] : [{ title: name, output: tail(output, 60) }],
      started,
    });
    return ok;
  }

  /** Adds what one check or one suite found. */
  add(name, { passed, failures, note = '', started }) {
    this.#passed += passed;
    this.#failed += failures.length;
    this.#failures.push(...failures);
    const counts =
      passed + failures.length > 1 ? ` (${passed} passed, ${failures.length} failed${note})` : note;
    const seconds = ((Date.now() - started) / 1_000).toFixed(1);
    console.log(`${failures.length === 0 ? '✓' : '✗'} ${name}${counts}  ${seconds} s`);
  }

  /** Prints the failures and, as the last line, the counts. */
  finish() {
    for (const { title, output } of this.#failures)
      console.log(`\n✗ ${title}\n${output.replace(/^/gm, '  ')}`);
    process.exitCode = this.#failed === 0 ? 0 : 1;
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
  }
}
