import { running } from './running';

/** Jest's globalTeardown for every set-up beside this file. */
export default async function tearDown(): Promise<void> {
  await Promise.all(running().map((engine) => engine.stop()));
}
