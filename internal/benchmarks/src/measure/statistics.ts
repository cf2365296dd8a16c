/** What a sample of times, or of anything else, shows. */
export interface Summary {
  readonly median: number;
  readonly p99: number;
  readonly samples: number;
}

export function summarize(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), p99: quantile(values, 0.99), samples: values.length };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of the values does not exceed; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
