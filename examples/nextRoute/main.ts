/** Calls the route's handlers as Next.js does: `npm run example -- nextRoute`. */
import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { setTracingDisabled } from '@openai/agents';
import { GET, POST } from './app/api/chat/route';
import { redis } from './lib/sessions';

setTracingDisabled(true);
const engine = await startRedis();
process.env.REDIS_URL = engine.url;

const url = 'http://localhost:3000/api/chat';
const headers = { cookie: 'user=mira' };
const chatId = randomUUID();
for (const message of ["Hi, I'm Mira. I'm going to Lisbon on Friday.", 'Do I need an umbrella there?']) {
  const body = JSON.stringify({ chatId, message });
  const response = await POST(new Request(url, { method: 'POST', headers, body }));
  console.log(`POST ${body}\n${response.status}  ${await response.text()}`);
}
const response = await GET(new Request(`${url}?chatId=${chatId}`, { headers }));
console.log(`GET\n${response.status}  ${await response.text()}`);
await (await redis()).close();
await engine.stop();
