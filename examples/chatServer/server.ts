/** The server, as a process of its own: `server.ts redis|dynamodb <address of the engine> <port>`. */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChatServer } from './chatServer';
import { ScriptedChatModel } from './scriptedModel';
import type { Backend } from './sessions';

const page = fileURLToPath(new URL('./page', import.meta.url));
const usesRealModel = (process.env.OPENAI_API_KEY ?? '') !== '';
const wordDelayMs = Number(process.env.CHAT_WORD_DELAY_MS ?? 40);
const pace = (signal: AbortSignal | undefined) =>
  setTimeout(wordDelayMs, undefined, { ...(signal && { signal }) });

const [backend, address = '', port] = process.argv.slice(2);
const { url } = await startChatServer({
  backend: backend as Backend,
  address,
  port: Number(port),
  page,
  model: usesRealModel ? undefined : new ScriptedChatModel(pace),
});
console.log(`${url}  (process ${process.pid})`);
