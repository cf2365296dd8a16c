import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';

/** The body of a request, as JSON of this shape; otherwise the answer is 400. */
export async function readBody<T>(c: Context, shape: z.ZodType<T>): Promise<T> {
  const body: unknown = await c.req.json().catch(() => undefined);
  const { success, data } = shape.safeParse(body);
  if (!success) throw new HTTPException(400, { message: 'The request is not as it should be.' });
  return data;
}
