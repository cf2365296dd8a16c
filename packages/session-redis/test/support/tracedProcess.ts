/**
 * Uses a session of each kind of client with OpenTelemetry's instrumentations of `redis` and `ioredis` in place, and prints all
 * that their spans, the diagnostics channels of node-redis and ioredis, and errors show. Its arguments are the server's port, the
 * content, and what the sessions are: `encrypted`, `observed` by spans of their own, `suppressing` those of the drivers. The
 * instrumentations must be there before the clients are loaded, and work on Node's own `require` only: hence a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type * as IORedis5 from 'ioredis-5';
import type { RedisSessionClient } from '../../src';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({
  tracerProvider,
  instrumentations: [new RedisInstrumentation(), new IORedisInstrumentation({ requireParentSpan: false })],
});

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
  const { Redis: Redis5 } = createRequire(import.meta.url)('ioredis-5') as typeof IORedis5;
  const { RedisSession, RedisSessionIndex } = await import('../../src');
  const { encryptWith } = await import('../../src/encryption');
  const { openTelemetry } = await import('../../src/opentelemetry');
  const [port = '', content = '', kind] = process.argv.slice(2);
  const keys = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
  const settings = {
    ...(kind === 'encrypted' && { encryption: encryptWith(keys), compression: true }),
    ...(kind === 'observed' && { observe: openTelemetry({ tracerProvider }) }),
    ...(kind === 'suppressing' && { observe: openTelemetry({ tracerProvider, suppressTracing }) }),
  };
  const url = `redis://127.0.0.1:${port}`;
  const plain = await createClient({ url }).connect();
  const pool = createClientPool({ url });
  await pool.connect();
  const ioredis = new Redis(url);
  const ioredis5 = new Redis5(url);
  for (const [sessionId, client] of Object.entries<RedisSessionClient>({ plain, pool, ioredis, ioredis5 })) {
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
  await ioredis5.eval('return ARGV[1]', 0, `plain ${content}`);
  plain.destroy();
  ioredis.disconnect();
  ioredis5.disconnect();
  pool.destroy();
  const spans = exporter.getFinishedSpans().map((span) => ({
    ...{ name: span.name, attributes: span.attributes, events: span.events, status: span.status },
    ...{ scope: span.instrumentationScope.name, id: span.spanContext().spanId },
    parent: span.parentSpanContext?.spanId,
  }));
  process.stdout.write(JSON.stringify({ spans, events, replies }));
}

void main();
