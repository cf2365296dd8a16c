import { isKnown, type Operation } from './history';

/**
 * Operations of which at most the next one can take effect: the calls of one client, or one call of unknown outcome. Of pops
 * of unknown outcome one is like the other, so the earliest may as well be the first; they share a lane, and so do clears.
 */
export interface Lane {
  readonly operations: readonly Operation[];
  readonly isKnown: boolean;
  /** How many have taken effect. */
  done: number;
}

/** @throws When a client has two calls under way whose outcomes it learned. */
export function toLanes(operations: readonly Operation[]): Lane[] {
  const known = new Map<string, Operation[]>();
  const unknown = new Map<string, Operation[]>();
  const inTime = [...operations].sort((left, right) => left.from - right.from);
  for (const [index, operation] of inTime.entries()) {
    if (isKnown(operation)) addTo(known, operation.client, operation);
    // A read whose outcome nobody knows says nothing.
    else if (operation.verb !== 'get') addTo(unknown, sharedLane(operation) ?? `${index}`, operation);
  }
  for (const [client, calls] of known) {
    if (calls.some(({ from }, index) => from < (calls[index - 1]?.until ?? -Infinity))) {
      throw new Error(`${client} has two calls under way at once`);
    }
  }
  const lanesOf = (calls: ReadonlyMap<string, Operation[]>, areKnown: boolean): Lane[] =>
    [...calls.values()].map((each) => ({ operations: each, isKnown: areKnown, done: 0 }));
  return [...lanesOf(known, true), ...lanesOf(unknown, false)];
}

export function nextOf({ operations, done }: Lane): Operation | undefined {
  return operations[done];
}

export function untilOf(lane: Lane): number {
  return nextOf(lane)?.until ?? Infinity;
}

function sharedLane({ verb }: Operation): string | undefined {
  return verb === 'pop' || verb === 'clear' ? verb : undefined;
}

function addTo(lanes: Map<string, Operation[]>, name: string, operation: Operation): void {
  const lane = lanes.get(name);
  if (lane) lane.push(operation);
  else lanes.set(name, [operation]);
}
