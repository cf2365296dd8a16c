import { run, RunContext } from '@openai/agents';
import { z } from 'zod';
import { createAgent } from '../../../../demo/agent';
import { textOf } from '../../../../itemText';
import { answerBody } from '../../../lib/answerBody';
import { openSession, type ChatContext } from '../../../lib/sessions';
import { userOf } from '../../../lib/user';

// Redis takes a TCP connection, which the edge runtime does not have.
export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
/** In seconds; a session's `timeoutMs` fits into it, with the model's time. */
export const maxDuration = 60;

const question = z.object({ chatId: z.uuid(), message: z.string().min(1).max(10_000) });
const agent = createAgent();

/** Answers a message, word by word as plain text. */
export async function POST(request: Request): Promise<Response> {
  const user = userOf(request);
  if (user === undefined) return refuse(401, 'Log in first.');
  const { data } = question.safeParse(await request.json().catch(() => undefined));
  if (data === undefined) return refuse(400, 'The request is not as it should be.');
  const context: ChatContext = { user };
  const session = await openSession(data.chatId);
  const answer = await run(agent, data.message, { session, context, stream: true });
  return new Response(answerBody(answer.toTextStream()), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
}

/** What was said in a conversation: `?chatId=…`. */
export async function GET(request: Request): Promise<Response> {
  const user = userOf(request);
  if (user === undefined) return refuse(401, 'Log in first.');
  const chatId = z.uuid().safeParse(new URL(request.url).searchParams.get('chatId')).data;
  if (chatId === undefined) return refuse(400, 'The request is not as it should be.');
  const session = await openSession(chatId);
  const items = await session.getItems(undefined, new RunContext<ChatContext>({ user }));
  const said = items.flatMap((item) => ('role' in item ? [{ role: item.role, text: textOf(item) }] : []));
  return Response.json(said);
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
