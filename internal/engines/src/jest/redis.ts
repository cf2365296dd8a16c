import { startRedis } from '../redis';
import { running } from './running';

/** Jest's globalSetup: one Redis for the whole run, named by `REDIS_URL`. Tests keep to key prefixes of their own. */
export default async function setUp(): Promise<void> {
  const engine = await startRedis();
  running().push(engine);
  process.env.REDIS_URL = engine.url;
}
