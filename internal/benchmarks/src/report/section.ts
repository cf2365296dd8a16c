import type { TopLevelSpec } from 'vega-lite';

/** What a suite found, as it is shown in the terminal and in docs/benchmarks.md. */
export interface Section {
  readonly title: string;
  /** What was done, and how to read it. */
  readonly text: string;
  readonly tables: readonly Table[];
  readonly charts?: readonly Chart[];
  /** Findings that go into README.md. */
  readonly highlights?: readonly string[];
}

export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Chart {
  /** Of its file, without ending. */
  readonly name: string;
  /** For whoever does not see it. */
  readonly alt: string;
  readonly spec: TopLevelSpec;
}
