import { itemsPut, isKnown, type Item, type Operation } from '../checker/history';
import { linearize } from '../checker/linearize';
import type { History } from '../workload/history';
import { clock, RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import type { Connection } from '../worlds/world';

/** Figure: too many calls whose outcome nobody knows, in more orders than can be tried. */
export const UNDECIDED = 'sessions left undecided';

/** What was found to be wrong with a session. */
export class Violation extends Error {}

/** Reads the session to its end, writes to it once more, and has the whole history checked. */
export async function judge(
  sessionId: string,
  history: History,
  connection: Connection,
  figures: Tally,
): Promise<void> {
  const errors = new Tally();
  const judging = new RecordedSession('judge', connection.session({ sessionId }), history, errors);
  const left = await judging.get();
  await judging.add([`judge.${clock()}`]);
  await judging.get();
  if (errors.size > 0) throw new Violation(`${sessionId} cannot be used: ${errors.toString()}`);
  checkHistory(sessionId, history.operations, figures);
  count(history.operations, left, figures);
}

/** @throws `Violation` */
function checkHistory(sessionId: string, operations: readonly Operation[], figures: Tally): void {
  const result = linearize(operations);
  if (result.verdict === 'not linearizable') {
    throw new Violation(`the history of ${sessionId}, ${operations.length} calls: ${result.explanation}`);
  }
  figures.add(result.verdict === 'undecided' ? UNDECIDED : 'sessions checked');
}

/**
 * Of a history of additions alone, without a search: each acknowledged item is there, none is twice, and each client's
 * own are in its order, batch by batch.
 *
 * @throws `Violation`
 */
export function checkAdditions(operations: readonly Operation[], found: readonly Item[]): void {
  const places = new Map(found.map((item, place) => [item, place]));
  if (places.size < found.length) throw new Violation(`${found.length - places.size} items are doubled`);
  const latest = new Map<string, number>();
  for (const operation of [...operations].sort((left, right) => left.from - right.from)) {
    const items = itemsPut(operation);
    const first = places.get(items[0] ?? '');
    if (first === undefined) {
      if (isKnown(operation) && items.length > 0) throw new Violation(`${items.join()} are lost`);
      continue;
    }
    const torn = items.find((item, index) => places.get(item) !== first + index);
    if (torn !== undefined) throw new Violation(`${torn} is not behind the item that it was added behind`);
    if (!isKnown(operation)) continue;
    if (first < (latest.get(operation.client) ?? 0)) throw new Violation(`${items.join()} are out of order`);
    latest.set(operation.client, first);
  }
}

function count(operations: readonly Operation[], left: readonly Item[], figures: Tally): void {
  const known = operations.filter(isKnown);
  const seen = new Set(known.flatMap((operation) => (operation.verb === 'get' ? operation.items : [])));
  const unknown = operations.filter((operation) => !isKnown(operation) && operation.verb !== 'get');
  figures.add('calls', operations.length);
  figures.add('acknowledged items', known.flatMap(itemsPut).length);
  figures.add('items at the end', left.length);
  figures.add('changes of unknown outcome', unknown.length);
  figures.add(
    'changes of unknown outcome that were seen done',
    unknown.filter((operation) => itemsPut(operation).some((item) => seen.has(item))).length,
  );
}
