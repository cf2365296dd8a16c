/** A session on valkey-glide: `npx tsx valkeyGlide/main.ts` in this folder's parent, with a server at REDIS_URL. */
import { RedisSession } from '@agent-sessions/session-redis';
import { GlideClient } from '@valkey/valkey-glide';
import { GlideAdapter } from './glideAdapter';

const { hostname, port } = new URL(process.env.REDIS_URL ?? 'redis://localhost:6379');
const client = await GlideClient.createClient({
  addresses: [{ host: hostname, port: Number(port || 6379) }],
  requestTimeout: 5_000,
});
const session = new RedisSession({ sessionId: 'glide', client: new GlideAdapter(client), ttlSeconds: 3_600 });
await session.addItems([{ role: 'user', content: 'My name is Ada.' }]);
console.log(await session.getItems());
await session.clearSession();
client.close();
