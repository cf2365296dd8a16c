/**
 * The conformance kit: what every `SessionStore` must do, as named cases for any test runner.
 *
 * ```ts
 * for (const { name, run } of conformanceCases(harness)) test(name, run);
 * ```
 */
export { conformanceCases } from './conformanceCases';
export type { ConformanceCase, Fixture, HarnessStoreOptions, StoreHarness, StoreProcesses } from './harness';
export { serveStore } from './serveStore';
