import type { WriteRequest } from '@aws-sdk/client-dynamodb';
import { MARKER_MS, markerOver } from './expiry';
import { MOST_PER_REQUEST, type Partition } from './partition';
import { FIRST_KEY, parsePartsName, stemOf, timeOf } from './partsName';
import { hasContent, isOurs, keyOf, toItem, toNumber, type Item } from './rows';

/**
 * Deletes the rows before `version`, where the log begins, and the parts that nobody uses. Rows of somebody else stay.
 *
 * A writer that saw the session before may still put its row at a version that was free then. Were that row simply deleted,
 * what it puts would be acknowledged and never seen. So young rows are not deleted but lose their content: the marker in
 * their place stops the writer, and tells the commit that put the row that it landed.
 *
 * @param inUse - the stems of parts that rows from `version` on name, where these can be older than a day.
 */
export async function cleanUp(
  partition: Partition,
  version: number,
  now: number,
  inUse: ReadonlySet<string> = new Set(),
): Promise<void> {
  const unused = new Set<string>();
  let requests: WriteRequest[] = [];
  const rows = partition.query({
    from: FIRST_KEY,
    to: version - 1,
    // Versions before parts, so that it is known which parts they used.
    newestFirst: true,
    attributes: ['format', 'commit', 'created_ms', 'base', 'length', 'parts'],
  });
  for await (const item of rows) {
    const request = dispose(partition, item, now, { unused, inUse });
    if (request) requests.push(request);
    if (requests.length < MOST_PER_REQUEST) continue;
    await partition.write(requests);
    requests = [];
  }
  await partition.write(requests);
}

function dispose(
  { keys, key }: Partition,
  item: Item,
  now: number,
  { unused, inUse }: { readonly unused: Set<string>; readonly inUse: ReadonlySet<string> },
): WriteRequest | undefined {
  const version = item[keys.version]?.N ?? '';
  const remove = { DeleteRequest: { Key: keyOf(keys, key, version) } };

  const stem = stemOf(version);
  if (stem !== undefined) {
    const isOrphan = timeOf(stem) < now - MARKER_MS && !inUse.has(stem);
    return unused.has(stem) || isOrphan ? remove : undefined;
  }

  if (!isOurs(item)) return undefined;
  const parts = parsePartsName(item.parts?.S ?? '');
  if (parts) unused.add(parts.stem);
  const commit = item.commit?.S;
  const createdAt = toNumber(item.created_ms);
  if (commit === undefined || createdAt === undefined || createdAt < now - MARKER_MS) return remove;
  const isDone = item.base === undefined && !hasContent(item) && item[keys.ttl] !== undefined;
  if (isDone) return undefined;
  const marker = markerOver({ version: Number(version), commit, createdAt }, now);
  return { PutRequest: { Item: toItem(keys, key, marker) } };
}
