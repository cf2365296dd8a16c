import { itemTexts } from '../records/itemJson';
import type { Revision } from '../store/sessionStore';
import type { HistoryAccess } from './historyAccess';
import { entriesOf, readable } from './historyEntry';
import type { HistoryView } from './historyView';

/**
 * Puts every item under the newest key, in one commit, or does nothing where all are. A record that cannot be decoded stays as it
 * is, in its place. See `StoredSession.reencrypt`.
 *
 * @param assertMovable - is given the revision that the history is about to leave.
 * @returns how many records were under another key, or none.
 * @throws `CONFLICT` for the fence, `CONTENTION` where others wrote meanwhile
 */
export async function reencryptHistory(
  access: HistoryAccess,
  view: HistoryView,
  assertMovable: (revision: Revision) => Promise<void>,
): Promise<number> {
  const { entries, history } = await access.read(view);
  const items = readable(entries);
  const count = await view.codec.countOutdated(entries.flatMap(({ record, item }) => (item ? [record] : [])));
  if (count === 0) return 0;
  await assertMovable(history.revision);
  const encoded = await view.codec.encode(itemTexts(items));
  let next = 0;
  const records = new Map(entries.map((entry) => [entry, (entry.item && encoded[next++]) ?? entry.record]));
  await access.commit(view, {
    drop: 'all',
    append: [...records.values()],
    basis: history.revision,
    becomes: (known) => entriesOf(known, entries).map((entry) => records.get(entry) ?? entry.record),
  });
  return count;
}
