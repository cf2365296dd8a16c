import { Hono } from 'hono';
import { z } from 'zod';
import type { Chats } from './chats';
import type { ChatEnv } from './login';
import { readBody } from './readBody';

/** Well-formed, as the titles of sessions must be. */
const text = z
  .string()
  .trim()
  .min(1)
  .max(10_000)
  .regex(/^\P{Surrogate}*$/u);
const message = z.object({ message: text });
const edit = z.object({ index: z.int().min(0), message: text });
const decisions = z.object({
  runId: z.string(),
  decisions: z.array(z.object({ callId: z.string(), approve: z.boolean() })),
});

/** What a user does with conversations, behind `requireUser`. An answer is not in the response: see answerRoute.ts. */
export function chatRoutes(chats: Chats): Hono<ChatEnv> {
  const routes = new Hono<ChatEnv>();

  routes.get('/', async (c) => c.json(await chats.list(c.get('user'), c.req.query('cursor'))));

  routes.post('/', async (c) => {
    const body = await readBody(c, message);
    return c.json({ id: await chats.begin(c.get('user'), body.message) }, 202);
  });

  routes.delete('/', async (c) => c.json(await chats.erase(c.get('user'))));

  routes.get('/:id', async (c) => c.json(await chats.read(c.get('user'), c.req.param('id'))));

  routes.post('/:id/messages', async (c) => {
    const body = await readBody(c, message);
    await chats.ask(c.get('user'), c.req.param('id'), body.message);
    return c.json({}, 202);
  });

  routes.post('/:id/again', async (c) => {
    await chats.askAgain(c.get('user'), c.req.param('id'));
    return c.json({}, 202);
  });

  routes.post('/:id/edits', async (c) => {
    const body = await readBody(c, edit);
    const id = await chats.edit(c.get('user'), c.req.param('id'), body.index, body.message);
    return c.json({ id }, 202);
  });

  routes.post('/:id/decisions', async (c) => {
    const body = await readBody(c, decisions);
    await chats.decide(c.get('user'), c.req.param('id'), body.runId, body.decisions.map(decisionOf));
    return c.json({}, 202);
  });

  return routes;
}

function decisionOf({ callId, approve }: { callId: string; approve: boolean }) {
  return approve ? { callId, approve } : { callId, approve, message: 'rejected by the user' };
}
