import type { Operation, Transaction } from '../src/checker/history';

/*
 * Calls as one writes them down: who, when, what, and what came of it. `until` of `Infinity` is an unknown outcome.
 */
type Span = readonly [from: number, until: number];

export const UNKNOWN = Infinity;

export function add(client: string, [from, until]: Span, ...items: string[]): Operation {
  return { client, from, until, verb: 'add', items };
}

export function pop(client: string, [from, until]: Span, popped?: string): Operation {
  return { client, from, until, verb: 'pop', popped };
}

export function get(client: string, [from, until]: Span, items: string[], limit?: number): Operation {
  return { client, from, until, verb: 'get', items, limit };
}

export function clear(client: string, [from, until]: Span): Operation {
  return { client, from, until, verb: 'clear' };
}

export function transaction(
  client: string,
  [from, until]: Span,
  fields: Pick<Transaction, 'operationId' | 'append'> & Partial<Transaction>,
): Operation {
  return { expected: [], result: 'applied', ...fields, client, from, until, verb: 'transaction' };
}

export function compact(
  client: string,
  [from, until]: Span,
  items: readonly string[],
  count: number,
  by: string,
): Operation {
  const [replaced, kept] = [items.slice(0, count), items.slice(count)];
  return { client, from, until, verb: 'compact', replaced, kept, by };
}

export function rewrite(client: string, [from, until]: Span, original: string, by: string): Operation {
  return { client, from, until, verb: 'rewrite', original, by };
}
