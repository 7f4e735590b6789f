/** A collector of traces that is real on the wire: OTLP over HTTP or gRPC, in protobuf as everybody here sends it. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Server as GrpcServer,
  type handleUnaryCall,
  type MethodDefinition,
  ServerCredentials,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const PROTO = join(import.meta.dirname, '../fixtures/otlp/trace.proto')
const SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService'

export interface SeenSpan {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for one that begins a trace. */
  readonly parentId: string
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  readonly links: readonly string[]
  readonly hasFailed: boolean
  readonly durationMs: number
}

export interface Collector {
  readonly url: string
  readonly spans: readonly SeenSpan[]
  /** Of each export. */
  readonly headers: readonly Readonly<Record<string, unknown>>[]
  /** Everything that was ever sent here, as text. */
  readonly received: () => string
  /** Resolves with all spans of the first trace of which one matches, once `isComplete` likes them. */
  trace(
    matches: (span: SeenSpan) => boolean,
    isComplete: (spans: readonly SeenSpan[]) => boolean,
  ): Promise<readonly SeenSpan[]>
  close(): Promise<void>
}

interface Wire {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly WireAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

interface WireAttribute {
  readonly key: string
  readonly value?: Readonly<Record<string, unknown>>
}

interface WireSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId: Buffer
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly WireAttribute[]
  readonly links: readonly { readonly traceId: Buffer; readonly spanId: Buffer }[]
  readonly status?: { readonly code: number }
}

const definitions = loadSync(PROTO, { longs: String })[SERVICE] as Record<
  string,
  MethodDefinition<Wire, object>
>

export async function startCollector(protocol: 'http' | 'grpc' = 'http'): Promise<Collector> {
  const spans: SeenSpan[] = []
  const headers: Readonly<Record<string, unknown>>[] = []
  const bodies: string[] = []
  const take: Take = (wire, given) => {
    spans.push(...toSpans(wire))
    headers.push(given)
    bodies.push(JSON.stringify(wire))
  }
  const { port, close } = await (protocol === 'http' ? listenHttp(take) : listenGrpc(take))
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    headers,
    received: () => bodies.join('\n'),
    async trace(matches, isComplete) {
      for (let waited = 0; waited < WAIT_MS_MAX; waited += LOOK_MS) {
        const traceId = spans.find(matches)?.traceId
        const trace = spans.filter((span) => span.traceId === traceId)
        if (traceId !== undefined && isComplete(trace)) return trace
        await sleep(LOOK_MS)
      }
      const seen = spans.filter(matches).map(({ traceId }) => traceId)
      const names = spans
        .filter(({ traceId }) => seen.length === 0 || seen.includes(traceId))
        .map(({ service, name }) => `${service}: ${name}`)
      throw new Error(`no such trace came in time; seen:\n${names.join('\n')}`)
    },
    close,
  }
}

const WAIT_MS_MAX = 20_000
const LOOK_MS = 50

type Take = (wire: Wire, headers: Readonly<Record<string, unknown>>) => void

interface Listening {
  readonly port: number
  readonly close: () => Promise<void>
}

async function listenHttp(take: Take): Promise<Listening> {
  const decode = definitions['Export']?.requestDeserialize
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const isKnown = request.url === '/v1/traces' && request.method === 'POST'
    if (isKnown && decode !== undefined) take(decode(body), request.headers)
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listenGrpc(take: Take): Promise<Listening> {
  const server = new GrpcServer()
  const onExport: handleUnaryCall<Wire, object> = (call, reply) => {
    take(call.request, call.metadata.getMap())
    reply(null, {})
  }
  server.addService(definitions, { Export: onExport } as never)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    port,
    async close() {
      server.forceShutdown()
    },
  }
}

function toSpans({ resourceSpans }: Wire): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = toRecord(resource?.attributes ?? [])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(span, about)))
  })
}

function toSpan(span: WireSpan, resource: Readonly<Record<string, string>>): SeenSpan {
  return {
    service: resource['service.name'] ?? '',
    traceId: span.traceId.toString('hex'),
    spanId: span.spanId.toString('hex'),
    parentId: span.parentSpanId?.toString('hex') ?? '',
    name: span.name,
    kind: span.kind,
    attributes: toRecord(span.attributes),
    resource,
    links: (span.links ?? []).map(({ traceId }) => traceId.toString('hex')),
    hasFailed: span.status?.code === 2,
    durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
  }
}

function toRecord(attributes: readonly WireAttribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => [key, String(Object.values(value)[0] ?? '')]),
  )
}
