import { isKnown, originalOf, type Compaction, type Item, type Operation, type Transaction } from './history';
import { Stack } from './stack';

/** What a session holds at one moment. */
export interface State {
  readonly stack: Stack;
  /** Operation ids in use, with what each was used for. */
  readonly operations: ReadonlyMap<string, string>;
}

export function emptyState(): State {
  return { stack: Stack.empty(), operations: new Map() };
}

/** Whether the operation, wherever it takes effect, leaves the session as it is. */
export function isPure(operation: Operation): boolean {
  if (!isKnown(operation)) return false;
  switch (operation.verb) {
    case 'get':
      return true;
    case 'pop':
      return operation.popped === undefined;
    case 'transaction':
      return operation.result !== 'applied';
    default:
      return false;
  }
}

/** The state after the operation; undefined where the operation cannot have come to its result in this state. */
export function apply(state: State, operation: Operation, empty: Stack): State | undefined {
  const { stack, operations } = state;
  switch (operation.verb) {
    case 'add':
      return { stack: stack.push(operation.items), operations };
    case 'clear':
      return { stack: empty, operations: new Map() };
    case 'pop':
      if (isKnown(operation) && operation.popped !== stack.top) return undefined;
      return stack.below === undefined ? state : { stack: stack.below, operations };
    case 'get': {
      const { items, limit = Infinity } = operation;
      const asMany = items.length === Math.min(limit, stack.length);
      return asMany && stack.without(items) !== undefined ? state : undefined;
    }
    case 'transaction':
      return applyTransaction(state, operation);
    case 'compact': {
      const compacted = compact(stack.newest(Infinity), operation);
      return compacted && { stack: empty.push(compacted), operations };
    }
    case 'rewrite': {
      const items = stack.newest(Infinity);
      const place = items.findIndex((item) => originalOf(item) === operation.original);
      if (place === -1) return state;
      return { stack: empty.push(items.with(place, operation.by)), operations };
    }
  }
}

function compact(items: readonly Item[], { replaced, kept, by }: Compaction): Item[] | undefined {
  const isUnmoved = [...replaced, ...kept].every((item, index) => items[index] === item);
  return isUnmoved ? [by, ...items.slice(replaced.length)] : undefined;
}

function applyTransaction(state: State, operation: Transaction): State | undefined {
  const { stack, operations } = state;
  const { operationId, expected, append, result } = operation;
  const comesTo = (actual: Transaction['result'], after: State): State | undefined =>
    !isKnown(operation) || result === actual ? after : undefined;

  const fingerprint = JSON.stringify([expected, append]);
  const known = operations.get(operationId);
  if (known !== undefined) {
    return comesTo(known === fingerprint ? 'applied' : 'operation-mismatch', state);
  }
  const rest = stack.without(expected);
  if (rest === undefined) return comesTo('suffix-mismatch', state);
  return comesTo('applied', {
    stack: rest.push(append),
    operations: new Map(operations).set(operationId, fingerprint),
  });
}
