/** A process that appends batches to one session: `writer.ts <backend> <place> <session id> <name> <batches> <size>` */
import { openBackend, type BackendName } from '../src/backends';

const [backendName, place, sessionId, name, batches, size] = process.argv.slice(2) as [
  BackendName,
  string,
  string,
  string,
  string,
  string,
];
const backend = await openBackend(backendName, place);
const session = backend.session({ sessionId });
for (let batch = 0; batch < Number(batches); batch++) {
  await session.addItems(
    Array.from({ length: Number(size) }, (_, index) => ({
      role: 'user',
      content: `${name}/${batch}/${index}`,
    })),
  );
}
await backend.close();
