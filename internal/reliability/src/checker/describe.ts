import { isKnown, type Item, type Operation } from './history';
import type { State } from './model';

const MOST = 12;

export function describeState({ stack }: State): string {
  return `the session holds ${describeItems(stack.newest(MOST), stack.length)}`;
}

export function describeOperation(operation: Operation): string {
  const { client, from, until } = operation;
  return `${client}: ${callText(operation)} → ${resultText(operation)}, from ${from} to ${until}`;
}

function callText(operation: Operation): string {
  switch (operation.verb) {
    case 'add':
      return `addItems ${describeItems(operation.items)}`;
    case 'pop':
      return 'popItem';
    case 'get':
      return `getItems ${operation.limit ?? ''}`.trim();
    case 'clear':
      return 'clearSession';
    case 'transaction':
      return `transaction ${operation.operationId}: ${describeItems(operation.expected)} to ${describeItems(operation.append)}`;
    case 'compact':
      return `compaction of ${describeItems(operation.replaced)} to ${operation.by}`;
    case 'rewrite':
      return `rewrite of ${operation.original} to ${operation.by}`;
  }
}

function resultText(operation: Operation): string {
  if (!isKnown(operation)) return 'unknown';
  switch (operation.verb) {
    case 'pop':
      return operation.popped ?? 'nothing';
    case 'get':
      return describeItems(operation.items);
    case 'transaction':
      return operation.result;
    default:
      return 'done';
  }
}

function describeItems(newest: readonly Item[], length = newest.length): string {
  const shown = newest.slice(-MOST);
  const more = length > shown.length ? `${length - shown.length} older, ` : '';
  return `[${more}${shown.join(', ')}]`;
}
