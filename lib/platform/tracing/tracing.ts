/**
 * Traces as the rooms see them: spans with a parent, and what stands for the current one.
 *
 * Nobody but `opentelemetry.ts` knows a library for it. Where traces are off there is no `Tracing` at all, so a
 * room writes `tracing?.start(…)` and pays for a question mark.
 */

/** What a span says beside its name. Never arguments, tokens, codes, or anybody's name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>

/** OpenTelemetry's span kinds, those in use here. */
export type SpanKind = 'server' | 'client' | 'internal'

export interface SpanOptions {
  readonly kind: SpanKind
  /** A `traceparent` (W3C Trace Context), or a span of this process. What is none begins no trace. */
  readonly parent: string | Span | undefined
  readonly attributes?: SpanAttributes
}

export interface Span {
  /** For whoever works on behalf of this span. */
  readonly traceparent: string
  rename(name: string): void
  set(attributes: SpanAttributes): void
  /** A `traceparent` of a trace that has to do with this one and is not its parent. */
  link(traceparent: string): void
  /** It failed, by a word of few (`error.type`). */
  fail(type: string): void
  /** Once; what is told afterwards is not heard. */
  end(): void
}

export interface Tracing {
  start(name: string, options: SpanOptions): Span
  /** Runs it with the span as the current one, also in what it awaits. */
  within<T>(span: Span, action: () => T): T
  /** The current one, if there is one that has not ended. */
  readonly current: Span | undefined
  /** Sends what is left, in bounded time. Never rejects. */
  stop(): Promise<void>
}

/** The header, and the member of `_meta` (MCP SEP-414), that carry a parent. */
export const TRACEPARENT = 'traceparent'

/** W3C Trace Context, section 3.2: neither id may be all zeros. */
const VALID = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && VALID.test(value)
}
