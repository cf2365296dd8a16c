import type { Units } from './meter';

/**
 * On-demand prices of a table of the standard class in us-east-1, in dollars per million request units, since 1 November
 * 2024: https://aws.amazon.com/dynamodb/pricing/on-demand/. A unit reads 4 KB consistently, or writes 1 KB.
 */
const DOLLARS_PER_MILLION_READ_UNITS = 0.125;
const DOLLARS_PER_MILLION_WRITE_UNITS = 0.625;

export function dollarsFor({ read, write }: Pick<Units, 'read' | 'write'>): number {
  return (read * DOLLARS_PER_MILLION_READ_UNITS + write * DOLLARS_PER_MILLION_WRITE_UNITS) / 1e6;
}
