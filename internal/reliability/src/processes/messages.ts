import type { Operation } from '../checker/history';
import type { BackendName } from '../worlds/world';
import type { Workload } from '../workload/workload';

/** What a process that writes is told, as its one argument. */
export interface Orders {
  readonly backend: BackendName;
  readonly address: string;
  /** Begins the names of all its clients, and no other process's. */
  readonly name: string;
  readonly sessionIds: readonly string[];
  /** How many clients it has for each session. */
  readonly writers: number;
  readonly calls: number;
  readonly workload: Workload;
  readonly seed: number;
}

/** What it reports, line by line: before each call, and after it. */
export interface Report {
  readonly session: number;
  readonly call: string;
  readonly event: 'called' | 'returned';
  /** Undefined where the call failed and changed nothing. */
  readonly operation?: Operation | undefined;
}

export function toLine(report: Report): string {
  return `${JSON.stringify(report)}\n`;
}

export function fromLine(line: string): Report {
  const report = JSON.parse(line) as Report;
  const { operation } = report;
  // JSON has no Infinity.
  return operation ? { ...report, operation: { ...operation, until: finite(operation.until) } } : report;
}

function finite(until: number | null): number {
  return until ?? Infinity;
}
