import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command';
import type { Project } from './project';
import type { Runtime } from './runtimes';

const TEXT = 'Each runtime has a zlib of its own, and reads what the others have compressed. ';
const ITEM = { role: 'user', content: TEXT.repeat(5) };

/** Reads a history, adds an item to it compressed, and tells the records and the items. */
const PROGRAM = `
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { MemoryStore, StoredSession } from '@agent-sessions/session-redis';

const store = new MemoryStore();
const append = JSON.parse(process.env.RECORDS).map((record) => new Uint8Array(Buffer.from(record, 'base64')));
if (append.length > 0) await store.commit('s', { idempotencyKey: 'k', append });
const session = new StoredSession(store, { sessionId: 's', compression: true });
await session.addItems([${JSON.stringify(ITEM)}]);
const { records } = await store.read('s');
const texts = records.map((record) => Buffer.from(record).toString('base64'));
console.log(JSON.stringify({ records: texts, items: await session.getItems() }));
`;

/**
 * Every runtime compresses an item, and reads what all of them have compressed.
 *
 * @throws when one cannot read a record, reads something else, or compresses nothing.
 */
export async function readRecordsOfAll(runtimes: readonly Runtime[], project: Project): Promise<void> {
  const file = join(project.folder, 'recordsOfAll.mjs');
  writeFileSync(file, PROGRAM);
  let records: string[] = [];
  // In the second round, those that came first read what the last ones wrote.
  for (const runtime of [...runtimes, ...runtimes]) {
    const command = runtime.command({ title: '', name: 'quickstart.mts', file }, project);
    const { stdout } = await runCommand(command, {
      cwd: project.folder,
      env: { RECORDS: JSON.stringify(records) },
    });
    const told = JSON.parse(stdout) as { records: string[]; items: unknown[] };
    const expected = [...records, ''].map(() => ITEM);
    if (JSON.stringify(told.items) !== JSON.stringify(expected))
      throw new Error(`${runtime.title} reads other items`);
    const written = told.records.at(-1) ?? '';
    if (Buffer.from(written, 'base64').length > JSON.stringify(ITEM).length / 2)
      throw new Error(`${runtime.title} compresses nothing`);
    records = told.records;
  }
}
