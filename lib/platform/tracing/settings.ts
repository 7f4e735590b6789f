/**
 * The standard variables of OpenTelemetry, read once and alike for every room and for Envoy.
 *
 * Without an endpoint traces are off, whatever else is set: unlike an SDK of its own, a gateway that was not
 * asked to does not send to `localhost:4318`.
 */

import {
  ConfigError,
  type Environment,
  flag,
  integer,
  oneOf,
  optional,
  parser,
  readEnvironment,
  text,
  type Values,
} from '../environment.ts'
import { Secret } from '../secret.ts'

const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number]

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const
const PARENT_BASED = 'parentbased_'

const HTTP_URL = 'an http:// or https:// URL without a user or password in it'

const httpUrl = parser(HTTP_URL, (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url !== undefined && isHttp && url.username === '' && url.password === '') return url
  throw new RangeError(`must be ${HTTP_URL}`)
})

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** `name=value`, several by comma, values percent-encoded (OTLP exporter specification). Values are secrets. */
function parseHeaders(value: string): ReadonlyMap<string, Secret> {
  return new Map(pairsOf(value).map(toHeader))
}

function toHeader([name, content]: Pair): [string, Secret] {
  if (HEADER_NAME.test(name) && content !== undefined && HEADER_VALUE.test(content)) {
    return [name.toLowerCase(), new Secret(content)]
  }
  // Not the text itself: it is a secret, also where it is a wrong one.
  throw new RangeError('must be a list of NAME=VALUE, values percent-encoded')
}

const otlpHeaders = parser('a list of NAME=VALUE, values percent-encoded', (value) => {
  parseHeaders(value)
  return new Secret(value)
})

/** `key=value`, several by comma, values percent-encoded (resource SDK specification). */
const resourceAttributes = parser(
  'a list of KEY=VALUE, values percent-encoded',
  (value): ReadonlyMap<string, string> => {
    return new Map(
      pairsOf(value).map(([key, content]): [string, string] => {
        if (key !== '' && content !== undefined) return [key, content]
        throw new RangeError(`must be a list of KEY=VALUE, values percent-encoded, not "${value}"`)
      }),
    )
  },
)

const ratio = parser('a number from 0 to 1', (value) => {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 1) return number
  throw new RangeError(`must be a number from 0 to 1, not "${value}"`)
})

const DAY_MS = 86_400_000
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map()

/** Hold secrets: they go to whoever exports, and to nobody else. */
export const TRACING_SECRETS = {
  OTEL_EXPORTER_OTLP_HEADERS: optional(otlpHeaders, undefined),
  /** Instead of the former, for traces. */
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: optional(otlpHeaders, undefined),
}

export const TRACING_VARIABLES = {
  /** Of a collector. For HTTP `/v1/traces` is added to it. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(httpUrl, undefined),
  /** Instead of the former, for traces, and exactly as it is. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(httpUrl, undefined),
  OTEL_EXPORTER_OTLP_PROTOCOL: optional(oneOf(...OTLP_PROTOCOLS), 'http/protobuf'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: optional(oneOf(...OTLP_PROTOCOLS), undefined),
  /** Milliseconds for one export. */
  OTEL_EXPORTER_OTLP_TIMEOUT: optional(integer(1, DAY_MS), 10_000),
  OTEL_TRACES_EXPORTER: optional(oneOf('otlp', 'none'), 'otlp'),
  OTEL_SDK_DISABLED: optional(flag, false),
  OTEL_SERVICE_NAME: optional(text, undefined),
  OTEL_RESOURCE_ATTRIBUTES: optional(resourceAttributes, NO_ATTRIBUTES),
  OTEL_TRACES_SAMPLER: optional(
    oneOf(...SAMPLERS, ...SAMPLERS.map((one) => `${PARENT_BASED}${one}` as const)),
    'parentbased_always_on',
  ),
  /** The share of `traceidratio`. */
  OTEL_TRACES_SAMPLER_ARG: optional(ratio, 1),
  /** Milliseconds between two exports. */
  OTEL_BSP_SCHEDULE_DELAY: optional(integer(1, DAY_MS), 5000),
  OTEL_BSP_EXPORT_TIMEOUT: optional(integer(1, DAY_MS), 30_000),
  /** Spans beyond it are dropped. */
  OTEL_BSP_MAX_QUEUE_SIZE: optional(integer(1, 1_000_000), 2048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: optional(integer(1, 1_000_000), 512),
  /** Whether a caller's own `traceparent` is the parent of ours, and whether it was sampled counts. */
  TRACING_JOINS_CALLERS: optional(flag, false),
}

export interface TracingSettings {
  /** Complete: for HTTP with the path of traces. */
  readonly endpoint: URL
  readonly protocol: OtlpProtocol
  readonly headers: ReadonlyMap<string, Secret>
  readonly timeoutMs: number
  readonly serviceName: string | undefined
  readonly resourceAttributes: ReadonlyMap<string, string>
  /** The share of the traces begun here that is recorded, 0 to 1. */
  readonly ratio: number
  readonly joinsCallers: boolean
  readonly batch: {
    readonly delayMs: number
    readonly exportMs: number
    readonly queueMax: number
    readonly sizeMax: number
  }
}

/** @returns undefined where traces are off. @throws ConfigError with one line for each fault. */
export function readTracing(environment: Environment): TracingSettings | undefined {
  const values = readEnvironment({ ...TRACING_VARIABLES, ...TRACING_SECRETS }, environment)
  const endpoint = endpointOf(values)
  if (endpoint === undefined) return undefined
  refuseUnheard(values)
  const attributes = values.OTEL_RESOURCE_ATTRIBUTES
  const headers = values.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? values.OTEL_EXPORTER_OTLP_HEADERS
  return {
    endpoint,
    protocol: protocolOf(values),
    headers: parseHeaders(headers?.reveal() ?? ''),
    timeoutMs: values.OTEL_EXPORTER_OTLP_TIMEOUT,
    serviceName: values.OTEL_SERVICE_NAME ?? attributes.get('service.name'),
    resourceAttributes: attributes,
    ratio: ratioOf(values),
    joinsCallers: values.TRACING_JOINS_CALLERS,
    batch: {
      delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
      exportMs: values.OTEL_BSP_EXPORT_TIMEOUT,
      queueMax: values.OTEL_BSP_MAX_QUEUE_SIZE,
      sizeMax: Math.min(values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, values.OTEL_BSP_MAX_QUEUE_SIZE),
    },
  }
}

type Read = Values<typeof TRACING_VARIABLES>

function endpointOf(values: Read): URL | undefined {
  if (values.OTEL_SDK_DISABLED || values.OTEL_TRACES_EXPORTER === 'none') return undefined
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: base } = values
  if (own !== undefined || base === undefined || protocolOf(values) === 'grpc') return own ?? base
  const endpoint = new URL(base)
  endpoint.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`
  return endpoint
}

function protocolOf(values: Read): OtlpProtocol {
  return values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL
}

/** Of two wishes that exclude each other none is followed silently. */
function refuseUnheard({ TRACING_JOINS_CALLERS, OTEL_TRACES_SAMPLER }: Read): void {
  if (!TRACING_JOINS_CALLERS || OTEL_TRACES_SAMPLER.startsWith(PARENT_BASED)) return
  throw new ConfigError([
    `TRACING_JOINS_CALLERS needs a sampler that asks the parent: parentbased_${OTEL_TRACES_SAMPLER}, not ${OTEL_TRACES_SAMPLER}`,
  ])
}

function ratioOf({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: Read): number {
  if (OTEL_TRACES_SAMPLER.endsWith('always_on')) return 1
  return OTEL_TRACES_SAMPLER.endsWith('always_off') ? 0 : OTEL_TRACES_SAMPLER_ARG
}

/** The content is undefined where that is not percent-encoded. */
type Pair = readonly [name: string, content: string | undefined]

function pairsOf(value: string): Pair[] {
  const members = value.split(',').filter((member) => member.trim() !== '')
  return members.map((member) => {
    const at = member.indexOf('=')
    return [member.slice(0, Math.max(at, 0)).trim(), decode(member.slice(at + 1).trim())]
  })
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

const DEFAULT_NAME = 'mcp-gateway'

/**
 * What a process says of itself in each span (resource semantic conventions). Without `OTEL_SERVICE_NAME` each
 * room is a service of its own, so that a map of services shows them apart.
 * @param part as in the log: `ext-authz-1`
 */
export function resourceOf(
  { serviceName, resourceAttributes }: TracingSettings,
  room: string,
  part = room,
): Readonly<Record<string, string>> {
  return {
    'service.namespace': DEFAULT_NAME,
    'service.instance.id': part,
    ...Object.fromEntries(resourceAttributes),
    'service.name': serviceName ?? `${DEFAULT_NAME}-${room}`,
  }
}
