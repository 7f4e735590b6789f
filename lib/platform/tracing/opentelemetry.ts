/**
 * Traces by OpenTelemetry's own SDK: spans are gathered and sent in batches, and a collector that is away
 * costs nobody anything but the spans.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import * as api from '@opentelemetry/api'
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Log } from '../log.ts'
import { resourceOf, type TracingSettings } from './settings.ts'
import { isTraceparent, type Span, type SpanAttributes, type Tracing } from './tracing.ts'

export interface Traced {
  readonly room: string
  readonly part: string
  readonly log: Log
}

/** A room has 2.3 s to leave (`lifecycle.ts`), and its own work comes first. */
const FLUSH_MS_MAX = 1000

export async function startOpenTelemetry(
  settings: TracingSettings,
  { room, part, log }: Traced,
): Promise<Tracing> {
  const { batch } = settings
  setGlobalErrorHandler(createFailureLog(log))
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(resourceOf(settings, room, part))),
    // Envoy has decided for all: what comes without a trace begins none.
    sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: await createExporter(settings),
        scheduledDelayMillis: batch.delayMs,
        exportTimeoutMillis: batch.exportMs,
        maxQueueSize: batch.queueMax,
        maxExportBatchSize: batch.sizeMax,
      }),
    ],
  })
  const tracer = provider.getTracer(`mcp-oauth-gateway/${room}`)
  const currents = new AsyncLocalStorage<OtelSpan>()
  return {
    start: (name, { kind, parent, attributes = {} }) =>
      new OtelSpan(
        tracer.startSpan(
          name,
          { kind: KINDS[kind], attributes: { ...attributes } },
          toContext(parent),
        ),
      ),
    within: (span, action) => (span instanceof OtelSpan ? currents.run(span, action) : action()),
    get current() {
      const span = currents.getStore()
      // A timer that was set during a request goes on for ever, and is none of its work any more.
      return span?.isOver === false ? span : undefined
    },
    async stop() {
      const flushed = provider.shutdown().catch((error: unknown) => {
        log.warn({ err: error }, 'the last spans could not be sent')
      })
      await Promise.race([flushed, sleep(FLUSH_MS_MAX, undefined, { ref: false })])
    },
  }
}

const KINDS = {
  server: api.SpanKind.SERVER,
  client: api.SpanKind.CLIENT,
  internal: api.SpanKind.INTERNAL,
} as const

class OtelSpan implements Span {
  readonly #span: api.Span
  isOver = false

  constructor(span: api.Span) {
    this.#span = span
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext()
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  }

  rename(name: string): void {
    this.#span.updateName(name)
  }

  set(attributes: SpanAttributes): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) this.#span.setAttribute(name, value)
    }
  }

  link(traceparent: string): void {
    const context = toSpanContext(traceparent)
    if (context !== undefined) this.#span.addLink({ context })
  }

  fail(type: string): void {
    this.#span.setAttribute('error.type', type).setStatus({ code: api.SpanStatusCode.ERROR })
  }

  end(): void {
    this.isOver = true
    this.#span.end()
  }
}

function toContext(parent: string | Span | undefined): api.Context {
  const context = toSpanContext(typeof parent === 'object' ? parent.traceparent : parent)
  if (context === undefined) return api.ROOT_CONTEXT
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { ...context, isRemote: true })
}

function toSpanContext(traceparent: string | undefined): api.SpanContext | undefined {
  return isTraceparent(traceparent) ? (parseTraceParent(traceparent) ?? undefined) : undefined
}

/** The one that is meant is loaded. It reads the collector's headers from the environment itself. */
async function createExporter(settings: TracingSettings): Promise<SpanExporter> {
  const { protocol, endpoint, timeoutMs } = settings
  const options = { url: endpoint.href, timeoutMillis: timeoutMs }
  if (protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc')
    return new OTLPTraceExporter(options)
  }
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter(options)
}

const LINE_EVERY_MS = 60_000

/** A collector that is away for a day is one line a minute, with how often it was tried. */
function createFailureLog(log: Log): (error: unknown) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  let count = 0
  return (error) => {
    count += 1
    const now = performance.now()
    if (now - toldAt < LINE_EVERY_MS) return
    log.warn(
      { reason: reasonOf(error), count },
      'spans could not be sent: is OTEL_EXPORTER_OTLP_ENDPOINT right, and the collector there?',
    )
    toldAt = now
    count = 0
  }
}

/** Its code or status: what a collector answers is not for the log, and an error may carry what was sent. */
function reasonOf(error: unknown): string {
  const { code, name, cause } = error as Error & { readonly code?: unknown }
  if (code !== undefined) return String(code)
  return cause === undefined ? name : reasonOf(cause)
}
