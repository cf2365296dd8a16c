import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Answers } from './answers';
import type { ChatEnv } from './login';

/** After so long a browser connects again; its own default is some seconds. */
const RECONNECT_MS = 500;

/**
 * The events of the answer under way, from the first, or from the one behind `Last-Event-ID`, which a browser sends when it
 * connects again. 204 where no answer is under way: the browser stops then, and what was answered is in the conversation.
 */
export function answerRoute(answers: Answers): Hono<ChatEnv> {
  const routes = new Hono<ChatEnv>();
  routes.get('/:id/answer', (c) => {
    const run = answers.find(c.get('user'), c.req.param('id'));
    if (!run) return c.body(null, 204);
    const lastSeen = /^(?<run>.+):(?<number>\d+)$/.exec(c.req.header('Last-Event-ID') ?? '')?.groups;
    const from = lastSeen?.run === run.id ? Number(lastSeen.number) + 1 : 0;
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      for await (const { number, event } of run.follow(from, gone.signal)) {
        const retry = number === from && { retry: RECONNECT_MS };
        await stream.writeSSE({ id: `${run.id}:${number}`, data: JSON.stringify(event), ...retry });
      }
    });
  });
  return routes;
}
