import {
  type Attributes,
  type Context,
  defaultTextMapSetter,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { TracingOptions } from './tracing-sdk.ts';

const propagator = new W3CTraceContextPropagator();

/** Whether an SDK is loaded. Without one, no spans are created. */
let recording = false;
const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Starts tracing. Returns a function that flushes pending spans. */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  if (!isEnabled(options.config)) return async () => {};
  const { startSdk } = await import('./tracing-sdk.ts');
  recording = true;
  return startSdk(options);
}

function isEnabled(config: TracingOptions['config']): boolean {
  if (config.OTEL_SDK_DISABLED || config.OTEL_TRACES_EXPORTER === 'none') return false;
  return [
    config.OTEL_TRACES_EXPORTER, // without an endpoint, the exporter uses the standard's default
    config.OTEL_EXPORTER_OTLP_ENDPOINT,
    config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  ].some(Boolean);
}

/** The trace context that a caller sent, or an empty one. */
export function extractContext<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
  const context = propagator.extract(ROOT_CONTEXT, carrier, getter);
  const span = trace.getSpanContext(context);
  if (!span || span.traceFlags === (span.traceFlags & knownFlags)) return context;
  return trace.setSpanContext(context, { ...span, traceFlags: span.traceFlags & knownFlags });
}

/** "sampled" and "random"; others must be zero: https://www.w3.org/TR/trace-context-2/#other-flags */
const knownFlags = 0b11;

/** Writes the trace context for the next hop. */
export function injectContext<Carrier>(
  from: Context,
  carrier: Carrier,
  setter: TextMapSetter<Carrier>,
): void {
  propagator.inject(from, carrier, setter);
}

/** A span and the context in which it is the parent. */
export interface SpanInContext {
  span: Span;
  context: Context;
}

/** Starts a child span of `parent`, explicitly: no module is patched, and no context is ambient. */
export function startSpan(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  parent: Context,
): SpanInContext {
  if (!recording) return { span: noSpan, context: parent };
  const span = trace.getTracer('service-kit').startSpan(name, { kind, attributes }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** Marks a span as failed with OpenTelemetry's `error.type`. */
export function failSpan(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The labels that link a metric's sample to its trace; none unless the trace is sampled. */
export function exemplarOf(span: Span): Record<string, string> {
  if (!recording) return noExemplar;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return traceFlags & TraceFlags.SAMPLED ? { trace_id: traceId, span_id: spanId } : noExemplar;
}

const noExemplar = {};

/** Trace fields of a log line: undefined, and so omitted, without a trace. */
export function logFields(
  requestId: string,
  of: Context,
): { request_id: string; trace_id: string | undefined; span_id: string | undefined } {
  const span = trace.getSpanContext(of);
  const ids = span && trace.isSpanContextValid(span) ? span : undefined;
  return { request_id: requestId, trace_id: ids?.traceId, span_id: ids?.spanId };
}

/** Headers with the trace context for the next HTTP hop, replacing the caller's. */
export function injectHeaders<Headers extends Record<string, unknown>>(
  from: Context,
  headers: Headers,
): Headers {
  for (const field of propagator.fields()) delete headers[field];
  injectContext(from, headers, defaultTextMapSetter);
  return headers;
}
