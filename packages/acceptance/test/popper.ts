/** A process that pops from one session until nothing is left, and prints what it got: `popper.ts <backend> <place> <session id>` */
import { openBackend, type BackendName } from '../src/backends';

const [backendName, place, sessionId] = process.argv.slice(2) as [BackendName, string, string];
const backend = await openBackend(backendName, place);
const session = backend.session({ sessionId });
const popped: unknown[] = [];
for (let item = await session.popItem(); item !== undefined; item = await session.popItem())
  popped.push(item);
process.stdout.write(JSON.stringify(popped));
await backend.close();
