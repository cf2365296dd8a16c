import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { MemoryStore, SessionError, StoredSession } from '../src';
import { openTelemetry, type OpenTelemetryOptions } from '../src/opentelemetry';
import { CallObserver, type ObserveCall } from '../src/store';
import { expectCode, message } from './support';

/* On real providers. With the instrumentations of drivers: traces.test.ts of the backends. */

const SECRET = 'a secret of the conversation';
const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const exported = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });
const meterProvider = new MeterProvider({ readers: [reader] });
const contexts = new AsyncLocalStorageContextManager().enable();

beforeAll(() => context.setGlobalContextManager(contexts));
beforeEach(async () => {
  await reader.forceFlush();
  spans.reset();
  exported.reset();
});
afterAll(async () => {
  context.disable();
  await meterProvider.shutdown();
});

const observer = (options?: OpenTelemetryOptions): ObserveCall =>
  openTelemetry({ tracerProvider, meterProvider, ...options });

/** A store as that of DynamoDB is told of. */
const onDynamoDB = (observe: ObserveCall): CallObserver =>
  new CallObserver(observe, { system: 'aws.dynamodb', collection: 'sessions' });

const spansSoFar = () =>
  spans
    .getFinishedSpans()
    .map(({ name, kind, attributes, status, events }) => ({ name, kind, attributes, status, events }));

/** Each data point by its metric's name: its attributes, and its value, or its count and sum. */
async function measured(): Promise<Record<string, unknown[]>> {
  await reader.forceFlush();
  const all = exported
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  return Object.fromEntries(
    all.map(({ descriptor, dataPoints }) => [
      `${descriptor.name} ${descriptor.unit}`,
      (dataPoints as DataPoint<number | Histogram>[]).map(({ attributes, value }) =>
        typeof value === 'number'
          ? { attributes, value }
          : { attributes, count: value.count, sum: value.sum },
      ),
    ]),
  );
}

const PLACE = { 'db.system.name': 'aws.dynamodb', 'db.collection.name': 'sessions' };

test('each call is a span and is measured, by the names of the conventions', async () => {
  const store = onDynamoDB(observer());
  const records = ['{"text":"a"}', '{"text":"ä"}'];
  await store.read('id', async (tally) => {
    Object.assign(tally ?? {}, { readUnits: 2 });
    return Promise.resolve({ records, revision: 'r' });
  });
  const change = { idempotencyKey: 'key', append: records };
  await store.commit('id', change, async (tally) => {
    Object.assign(tally ?? {}, { retries: 1, readUnits: 1, writeUnits: 3 });
    return Promise.resolve({ status: 'conflict' });
  });
  await store.commit('id', { ...change, append: [] }, async () =>
    Promise.resolve({ status: 'committed', revision: 'r' }),
  );

  const read = { ...PLACE, 'db.operation.name': 'read' };
  const conflict = { ...PLACE, 'db.operation.name': 'commit', 'agent_sessions.commit.status': 'conflict' };
  const committed = { ...conflict, 'agent_sessions.commit.status': 'committed' };
  const span = { kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET }, events: [] };
  expect(spansSoFar()).toEqual([
    {
      ...{ ...span, name: 'read sessions' },
      attributes: {
        ...{ ...read, 'db.response.returned_rows': 2 },
        ...{ 'agent_sessions.tries': 1, 'agent_sessions.bytes': 25, 'agent_sessions.read_units': 2 },
      },
    },
    {
      ...{ ...span, name: 'commit sessions' },
      attributes: {
        ...{ ...conflict, 'db.operation.batch.size': 2 },
        ...{ 'agent_sessions.tries': 2, 'agent_sessions.bytes': 25 },
        ...{ 'agent_sessions.read_units': 1, 'agent_sessions.write_units': 3 },
      },
    },
    {
      ...{ ...span, name: 'commit sessions' },
      attributes: { ...committed, 'agent_sessions.tries': 1, 'agent_sessions.bytes': 0 },
    },
  ]);
  const once = { count: 1, sum: expect.any(Number) as number };
  expect(await measured()).toEqual({
    'db.client.operation.duration s': [
      { attributes: read, ...once },
      { attributes: conflict, ...once },
      { attributes: committed, ...once },
    ],
    'db.client.response.returned_rows {row}': [{ attributes: read, count: 1, sum: 2 }],
    'agent_sessions.bytes By': [
      { attributes: read, count: 1, sum: 25 },
      { attributes: conflict, count: 1, sum: 25 },
      { attributes: committed, count: 1, sum: 0 },
    ],
    'agent_sessions.retries {retry}': [
      { attributes: read, value: 0 },
      { attributes: conflict, value: 1 },
      { attributes: committed, value: 0 },
    ],
    'agent_sessions.read_units {unit}': [
      { attributes: read, value: 2 },
      { attributes: conflict, value: 1 },
    ],
    'agent_sessions.write_units {unit}': [{ attributes: conflict, value: 3 }],
  });
});

test('a call that fails is a span with the code of its error, and nothing else of it', async () => {
  const failing = async (): Promise<never> =>
    Promise.reject(new SessionError('TIMEOUT', SECRET, { cause: new Error(SECRET) }));
  await expectCode('TIMEOUT', () => onDynamoDB(observer()).read(SECRET, failing));
  const attributes = { ...PLACE, 'db.operation.name': 'read', 'error.type': 'TIMEOUT' };
  expect(spansSoFar()).toMatchObject([{ attributes, status: { code: SpanStatusCode.ERROR }, events: [] }]);
  const told = await measured();
  expect(told).toMatchObject({ 'db.client.operation.duration s': [{ attributes, count: 1 }] });
  for (const metric of ['db.client.response.returned_rows {row}', 'agent_sessions.bytes By']) {
    expect(told).not.toHaveProperty([metric]);
  }
  expect(spansSoFar()[0]?.attributes).not.toHaveProperty(['db.response.returned_rows']);
  expect(JSON.stringify([spansSoFar(), told])).not.toContain(SECRET);
});

test('neither content nor an id is told, and an id only in spans, where it is asked for', async () => {
  const use = async (options?: OpenTelemetryOptions): Promise<void> => {
    const store = new MemoryStore({ observe: observer(options) });
    const session = new StoredSession(store, { sessionId: 'ada', scope: () => 'tenant', index: {} });
    const run = {} as Parameters<typeof session.getItems>[1];
    await session.addItems([message(SECRET), message(`${SECRET}!`)], run);
    await session.getItems(undefined, run);
    await session.clearSession(run);
  };
  await use();
  expect(spansSoFar().length).toBeGreaterThan(4);
  expect(JSON.stringify([spansSoFar(), await measured()])).not.toMatch(/ada|tenant|a secret/);
  spans.reset();
  exported.reset();
  await use({ sessionIds: true });
  const ids = spansSoFar().map(({ attributes }) => attributes['gen_ai.conversation.id']);
  expect(ids).toContain('~tenant/ada');
  expect(JSON.stringify(spansSoFar())).not.toContain(SECRET);
  expect(JSON.stringify(await measured())).not.toMatch(/ada|tenant/);
});

test('the span of a call is a child of what is around it, and around what the call does', async () => {
  const tracer = tracerProvider.getTracer('test');
  const call = async (observe: ObserveCall): Promise<void> =>
    tracer.startActiveSpan('turn', async (turn) => {
      await onDynamoDB(observe).clear('id', async () => {
        tracer.startSpan('request').end();
        return Promise.resolve();
      });
      turn.end();
    });
  await call(observer());
  const [request, clear, turn] = spans.getFinishedSpans();
  expect([request?.name, clear?.name, turn?.name]).toEqual(['request', 'clear sessions', 'turn']);
  expect(request?.parentSpanContext?.spanId).toBe(clear?.spanContext().spanId);
  expect(clear?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId);

  spans.reset();
  await call(observer({ suppressTracing: (inside) => trace.deleteSpan(inside) }));
  expect(spans.getFinishedSpans()[0]?.parentSpanContext).toBeUndefined();
});

test.each<[string, object]>([
  ['suppressTracing', { suppressTracing: true }],
  ['sessionIds', { sessionIds: 'yes' }],
])('%s of another type is refused', async (name, options) => {
  const { message: text } = await expectCode('INVALID_ARGUMENT', () => openTelemetry(options));
  expect(text).toContain(name);
});

test('without any SDK it does nothing, and the calls go on; with one that comes later, it makes spans', async () => {
  const store = new MemoryStore({ observe: openTelemetry() });
  await store.commit('id', { idempotencyKey: 'key', append: ['{"text":"a"}'] });
  expect((await store.read('id')).records).toEqual(['{"text":"a"}']);
  expect(spansSoFar()).toEqual([]);
  trace.setGlobalTracerProvider(tracerProvider);
  await store.read('id');
  trace.disable();
  expect(spansSoFar()).toMatchObject([{ name: 'read' }]);
});
