import { randomUUID } from 'node:crypto';
import { until } from '@agent-sessions/engines';
import { setTracingDisabled } from '@openai/agents';
import { GET, POST } from '../../../examples/nextRoute/app/api/chat/route';
import { redis } from '../../../examples/nextRoute/lib/sessions';

/** The route of the example, as Next.js calls it. */
const URL_OF_ROUTE = 'http://localhost:3000/api/chat';
const LISBON = "Hi, I'm Mira. I'm going to Lisbon on Friday.";

setTracingDisabled(true);
afterAll(async () => (await redis()).close());

const cookieOf = (user?: string): Record<string, string> =>
  user === undefined ? {} : { cookie: `user=${user}` };

function post(user: string | undefined, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return POST(new Request(URL_OF_ROUTE, { method: 'POST', headers: cookieOf(user), body: text }));
}

function get(user: string | undefined, chatId: string): Promise<Response> {
  return GET(new Request(`${URL_OF_ROUTE}?chatId=${chatId}`, { headers: cookieOf(user) }));
}

const said = async (user: string, chatId: string): Promise<unknown[]> =>
  (await (await get(user, chatId)).json()) as unknown[];

test('answers who has logged in, and shows nothing of it to anybody else', async () => {
  const chatId = randomUUID();
  expect((await post(undefined, { chatId, message: LISBON })).status).toBe(401);
  expect((await get(undefined, chatId)).status).toBe(401);
  const response = await post('mira', { chatId, message: LISBON });
  expect(await response.text()).toMatch(/^Hello Mira! Lisbon on Friday/);
  expect(await said('mira', chatId)).toHaveLength(2);
  expect(await said('tim', chatId)).toEqual([]);
});

test('refuses what is no question', async () => {
  const chatId = randomUUID();
  for (const body of ['{', 'null', {}, { chatId, message: '' }, { chatId: '../x', message: LISBON }]) {
    expect((await post('mira', body)).status).toBe(400);
  }
  expect((await get('mira', 'x')).status).toBe(400);
});

test('an answer whose reader leaves is stored', async () => {
  const chatId = randomUUID();
  const response = await post('mira', { chatId, message: LISBON });
  await response.body?.cancel();
  await until('the answer is stored', async () => (await said('mira', chatId)).length === 2);
});
