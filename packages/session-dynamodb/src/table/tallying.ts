import type { CallTally } from '@agent-sessions/session-core/store';

/** What answers of every request have, as the SDK gives them. */
export interface Answer {
  readonly $metadata: Metadata;
  /** A list where a request can change several tables. */
  readonly ConsumedCapacity?: Capacity | readonly Capacity[] | undefined;
}

interface Metadata {
  /** How often the SDK has sent the request. */
  readonly attempts?: number | undefined;
}

interface Capacity {
  readonly CapacityUnits?: number | undefined;
}

export function tallyAnswer(
  tally: CallTally,
  isChange: boolean,
  { $metadata, ConsumedCapacity }: Answer,
): void {
  tallyAttempts(tally, $metadata);
  if (ConsumedCapacity === undefined) return;
  const units = [ConsumedCapacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
  if (isChange) tally.writeUnits = (tally.writeUnits ?? 0) + units;
  else tally.readUnits = (tally.readUnits ?? 0) + units;
}

export function tallyFailure(tally: CallTally, error: unknown): void {
  const { $metadata } = (error ?? {}) as Partial<Answer>;
  tallyAttempts(tally, $metadata);
}

/** The SDK's own retries of one try. */
function tallyAttempts(tally: CallTally, { attempts = 1 }: Metadata = {}): void {
  tally.retries += Math.max(0, attempts - 1);
}
