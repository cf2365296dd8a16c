import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type MeterProvider,
  type TracerProvider,
} from '@opentelemetry/api';
import { invalid } from '../arguments/invalid';
import type { ObserveCall } from '../store/observeCall';
import { amountsOf, attributesOf, CONVERSATION_ID, outcomeOf } from './attributes';
import { recorder } from './instruments';

export interface OpenTelemetryOptions {
  /** Default: the global one, also where that is registered later. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Default: the global one, which must be registered before. */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * The function of this name of `@opentelemetry/core`. With it, no span is made of what a driver sends for a call of a store,
   * so that no hook of an instrumentation can put content there: not the requests of a call either, nor their tries.
   * Default: spans of drivers are children of the span of the call.
   */
  readonly suppressTracing?: ((context: Context) => Context) | undefined;
  /**
   * Puts the stored id, which is the session id with its scope, into spans as `gen_ai.conversation.id`; never into metrics.
   * Default false: an id may name a person.
   */
  readonly sessionIds?: boolean | undefined;
}

/** The scope of all spans and metrics, whichever package the observer comes from. */
const SCOPE = '@agent-sessions/session-core';

/**
 * An observer that makes a span of each call of a store, and measures it, by the names of OpenTelemetry's conventions for
 * databases: docs/observability.md tells all of them. Spans of what a driver sends become its children where a context manager
 * is registered, as OpenTelemetry's SDK for Node does. No content, and of an error its code alone.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): ObserveCall {
  const { tracerProvider = trace, meterProvider = metrics, suppressTracing, sessionIds = false } = options;
  if (suppressTracing !== undefined && typeof suppressTracing !== 'function') {
    throw invalid('suppressTracing must be the function of this name of @opentelemetry/core');
  }
  if (typeof sessionIds !== 'boolean') throw invalid('sessionIds must be true or false');
  const tracer = tracerProvider.getTracer(SCOPE);
  const record = recorder(meterProvider.getMeter(SCOPE));

  return async (call, work) => {
    const attributes = attributesOf(call);
    const { verb, collection, storedId } = call;
    const span = tracer.startSpan(collection === '' ? verb : `${verb} ${collection}`, {
      kind: SpanKind.CLIENT,
      attributes: { ...attributes, ...(sessionIds && { [CONVERSATION_ID]: storedId }) },
    });
    const ofCall = trace.setSpan(context.active(), span);
    const ended = await context.with(suppressTracing ? suppressTracing(ofCall) : ofCall, work);
    const outcome = outcomeOf(ended);
    span.setAttributes({ ...outcome, ...amountsOf(ended) });
    if (ended.errorCode !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    record(ended, { ...attributes, ...outcome }, ofCall);
    span.end();
  };
}
