/**
 * Uses a session with OpenTelemetry's instrumentation of the AWS SDK in place, and prints its spans. Its arguments are the
 * endpoint, the content, and what else it does: with `statements` the spans show the requests, with `encrypted` the session
 * encrypts, with `observed` it makes spans of its own, with `suppressing` these alone. The instrumentation must be there before the SDK is loaded: hence a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { localClientConfig } from '@agent-sessions/engines';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const [endpoint = '', content = '', ...settings] = process.argv.slice(2);
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const instrumentation = new AwsInstrumentation(
  settings.includes('statements')
    ? { dynamoDBStatementSerializer: (_name, input) => JSON.stringify(input) }
    : {},
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({ tracerProvider, instrumentations: [instrumentation] });

async function main(): Promise<void> {
  const { DynamoDBClient, DeleteTableCommand } = await import('@aws-sdk/client-dynamodb');
  const { createTableIfNotExists, DynamoDBSession } = await import('../../src');
  const { encryptWith } = await import('../../src/encryption');
  const { openTelemetry } = await import('../../src/opentelemetry');
  const client = new DynamoDBClient(localClientConfig(endpoint));
  const tableName = `traced-${process.pid}`;
  await createTableIfNotExists(client, tableName);
  const message = (text: string) => ({ role: 'user' as const, content: text });
  const keys = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
  const encryption = settings.includes('encrypted') ? encryptWith(keys) : undefined;
  const suppressing = settings.includes('suppressing') ? { suppressTracing } : undefined;
  const observe =
    suppressing || settings.includes('observed')
      ? openTelemetry({ tracerProvider, ...suppressing })
      : undefined;
  const options = { client, tableName, sessionId: 'traced', encryption, observe };
  const session = new DynamoDBSession({ ...options, ttlSeconds: 3_600 });
  await session.addItems([message(content), message(`${content} ${'x'.repeat(500_000)}`)]);
  // One that has not seen the first's end is refused, and told what is there.
  await new DynamoDBSession(options).addItems([message(content)]);
  await session.addItems([message(content)]);
  await session.getItems();
  await session.popItem();
  await session.clearSession();
  await client.send(new DeleteTableCommand({ TableName: tableName }));
  client.destroy();
  const spans = exporter.getFinishedSpans().map((span) => ({
    ...{ name: span.name, attributes: span.attributes, events: span.events, status: span.status },
    ...{ scope: span.instrumentationScope.name, id: span.spanContext().spanId },
    parent: span.parentSpanContext?.spanId,
  }));
  process.stdout.write(JSON.stringify(spans));
}

void main();
