import { Hono, type Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { z } from 'zod';
import { readBody } from './readBody';

/**
 * A stub in the place of the application's own authentication: whoever names a user is that user. All else asks
 * `requireUser` who it is, and nothing else.
 */
export const login = new Hono();

export interface ChatEnv {
  Variables: { user: string };
}

const COOKIE = 'chat_user';
const credentials = z.object({
  user: z
    .string()
    .trim()
    .regex(/^\P{Surrogate}{1,64}$/u),
});

login.post('/api/login', async (c) => {
  const { user } = await readBody(c, credentials);
  setCookie(c, COOKIE, user, { httpOnly: true, sameSite: 'Strict', path: '/' });
  return c.json({ user });
});

login.post('/api/logout', (c) => {
  deleteCookie(c, COOKIE, { path: '/' });
  return c.body(null, 204);
});

login.get('/api/me', (c) => c.json({ user: userOf(c) ?? null }));

export const requireUser = createMiddleware<ChatEnv>(async (c, next) => {
  const user = userOf(c);
  if (user === undefined) return c.json({ error: 'Log in first.' }, 401);
  c.set('user', user);
  return next();
});

function userOf(c: Context): string | undefined {
  const user = getCookie(c, COOKIE);
  return user === '' ? undefined : user;
}
