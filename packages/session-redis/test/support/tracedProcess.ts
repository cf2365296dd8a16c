/**
 * Uses a session of each kind of client with OpenTelemetry's instrumentation of `redis` in place, and prints all that
 * its spans, the diagnostics channels of node-redis and ioredis, and errors show. Its arguments are the server's port, the
 * content, and `encrypted` for sessions that are. The instrumentation must be there before `redis` is loaded, and works on Node's own `require` only: hence a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { RedisSessionClient } from '../../src';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
registerInstrumentations({ tracerProvider, instrumentations: [new RedisInstrumentation()] });

const events: unknown[] = [];
for (const channel of ['node-redis:command', 'node-redis:batch', 'ioredis:command', 'ioredis:batch']) {
  const note = (message: unknown): void =>
    void events.push(inspect(message, { depth: 9, maxStringLength: null }));
  tracingChannel(channel).subscribe({
    start: note,
    end: note,
    asyncStart: note,
    asyncEnd: note,
    error: note,
  });
}
const replies: unknown[] = [];
subscribe('node-redis:command:reply', (message) => void replies.push((message as { args: unknown }).args));

async function main(): Promise<void> {
  const { createClient, createClientPool } = await import('redis');
  const { Redis } = await import('ioredis');
  const { RedisSession, RedisSessionIndex } = await import('../../src');
  const { encryptWith } = await import('../../src/encryption');
  const [port = '', content = '', kind] = process.argv.slice(2);
  const keys = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
  const settings = kind === 'encrypted' ? { encryption: encryptWith(keys), compression: true } : {};
  const url = `redis://127.0.0.1:${port}`;
  const plain = await createClient({ url }).connect();
  const pool = createClientPool({ url });
  await pool.connect();
  const ioredis = new Redis(url);
  for (const [sessionId, client] of Object.entries<RedisSessionClient>({ plain, pool, ioredis })) {
    const options = { client, keyPrefix: 'traced', ...settings };
    const session = new RedisSession({ ...options, sessionId, index: { owner: 'ada' } });
    const message = (text: string) => ({ role: 'user' as const, content: text });
    await session.addItems([message(content), message(`${content} ${'x'.repeat(100_000)}`)]);
    await session.addItems([
      { ...message(content), providerData: { bytes: new TextEncoder().encode(content) } },
    ]);
    await session.getItems();
    await session.popItem();
    await session.applyHistoryTransaction({
      operationId: 'operation',
      transaction: { type: 'append_items', items: [message(content)] },
    });
    await plain.sendCommand(['SCRIPT', 'FLUSH']);
    await session.addItems([message(content)]);
    await session.setDetails({ title: content, metadata: { [content]: content } });
    const index = new RedisSessionIndex({ ...options, owner: 'ada' });
    await index.list();
    await session.clearSession();
    await session.addItems([message(content)]);
    await session.setDetails({ title: content });
    await index.erase();
  }
  // What the same instrumentation shows of a script that takes content as plain text.
  await plain.eval('return ARGV[1]', { arguments: [`plain ${content}`] });
  await ioredis.eval('return ARGV[1]', 0, `plain ${content}`);
  plain.destroy();
  ioredis.disconnect();
  pool.destroy();
  const spans = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
  process.stdout.write(JSON.stringify({ spans, events, replies }));
}

void main();
