import { SessionError } from '@agent-sessions/session-redis';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { answerRoute } from './answerRoute';
import type { Answers } from './answers';
import { ChatError } from './chatError';
import { chatRoutes } from './chatRoutes';
import type { Chats } from './chats';
import { login, requireUser, type ChatEnv } from './login';
import { report } from './report';

/** The chat as a Hono application. `page` is the folder of the page. */
export function createApp(chats: Chats, answers: Answers, page: string): Hono<ChatEnv> {
  const app = new Hono<ChatEnv>();
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error instanceof ChatError) return c.json({ error: error.message }, error.status);
    if (SessionError.is(error, 'CONFLICT'))
      return c.json({ error: 'The conversation has gone on meanwhile.' }, 409);
    if (SessionError.is(error, 'INVALID_ARGUMENT'))
      return c.json({ error: 'The request is not as it should be.' }, 400);
    report('A request failed', error);
    return c.json({ error: 'That did not work. Try again.' }, SessionError.is(error) ? 503 : 500);
  });
  app.route('/', login);
  app.use('/api/*', requireUser);
  app.route('/api/chats', chatRoutes(chats));
  app.route('/api/chats', answerRoute(answers));
  app.use('*', serveStatic({ root: page }));
  return app;
}
