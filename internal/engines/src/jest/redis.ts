import { startRedis } from '../redis';
import { provide } from './running';

/** Jest's globalSetup: one Redis for the whole run, named by `REDIS_URL`. Tests keep to key prefixes of their own. */
export default async function setUp(): Promise<void> {
  await provide('REDIS_URL', async () => {
    const { url, stop } = await startRedis();
    return { address: url, stop };
  });
}
