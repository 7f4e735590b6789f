import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ConfigError } from '../../../../../lib/platform/environment.ts'
import { readTracing, resourceOf } from '../../../../../lib/platform/tracing/settings.ts'
import { isTraceparent } from '../../../../../lib/platform/tracing/tracing.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('off without a collector, and where it is said', (t) => {
  for (const environment of [
    {},
    { OTEL_SERVICE_NAME: 'gateway', OTEL_TRACES_SAMPLER: 'always_on' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ]) {
    t.is(readTracing(environment), undefined, JSON.stringify(environment))
  }
})

test('over HTTP the path of traces is added, unless the endpoint is for traces alone', (t) => {
  const endpoint = (environment: Record<string, string>): string | undefined =>
    readTracing(environment)?.endpoint.href
  t.is(endpoint(ENDPOINT), 'http://collector:4318/v1/traces')
  t.is(
    endpoint({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://vendor.example/otlp/' }),
    'https://vendor.example/otlp/v1/traces',
  )
  t.is(
    endpoint({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other:1/x' }),
    'http://other:1/x',
  )
  t.is(endpoint({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), 'http://collector:4318/')
})

test('headers are decoded, those for traces count before the others, a file is as good', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'headers')
  writeFileSync(file, 'x-key=from%20file\n')
  const headers = (environment: Record<string, string>): object =>
    Object.fromEntries(
      [...(readTracing({ ...ENDPOINT, ...environment })?.headers ?? [])].map(([name, value]) => [
        name,
        value.reveal(),
      ]),
    )
  t.deepEqual(headers({ OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20a=b, x=1,' }), {
    authorization: 'Bearer a=b',
    x: '1',
  })
  const both = { OTEL_EXPORTER_OTLP_HEADERS: 'x=1', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2' }
  t.deepEqual(headers(both), { x: '2' })
  t.deepEqual(headers({ OTEL_EXPORTER_OTLP_HEADERS_FILE: file }), { 'x-key': 'from file' })
})

test('whoever prints settings prints no header', (t) => {
  const settings = readTracing({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'x=topsecret' })
  t.is(settings?.headers.size, 1)
  t.false(JSON.stringify([...(settings?.headers ?? [])]).includes('topsecret'))
})

const share = (sampler: string, argument?: string): number | undefined =>
  readTracing({
    ...ENDPOINT,
    OTEL_TRACES_SAMPLER: sampler,
    ...(argument !== undefined && { OTEL_TRACES_SAMPLER_ARG: argument }),
  })?.ratio

test('samplers are shares', (t) => {
  t.is(readTracing(ENDPOINT)?.ratio, 1)
  t.is(share('always_off', '0.5'), 0)
  t.is(share('parentbased_always_on', '0.5'), 1)
  t.is(share('parentbased_traceidratio', '0.25'), 0.25)
  t.is(share('traceidratio'), 1)
})

const faults = test.macro((t, environment: Record<string, string>, told: RegExp) => {
  const error = t.throws(() => readTracing({ ...ENDPOINT, ...environment }), {
    instanceOf: ConfigError,
  })
  t.regex(error?.message ?? '', told)
  t.false(error?.message.includes('topsecret'))
})

test('an endpoint that is none', faults, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /http/)
test(
  'an endpoint with a password',
  faults,
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://u:topsecret@collector' },
  /without a user or password/,
)
test('a protocol that is none', faults, { OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift' }, /must be one of/)
test('a share beyond 1', faults, { OTEL_TRACES_SAMPLER_ARG: '10' }, /from 0 to 1/)
test('a sampler that is none', faults, { OTEL_TRACES_SAMPLER: 'jaeger_remote' }, /must be one of/)
test('headers without =', faults, { OTEL_EXPORTER_OTLP_HEADERS: 'topsecret' }, /NAME=VALUE/)
test(
  'a header that would be two',
  faults,
  { OTEL_EXPORTER_OTLP_HEADERS: 'x=a%0d%0ay:topsecret' },
  /NAME=VALUE/,
)
test(
  'callers that are joined and not asked',
  faults,
  { TRACING_JOINS_CALLERS: 'true', OTEL_TRACES_SAMPLER: 'always_on' },
  /parentbased_always_on/,
)

test('each room is a service of its own, unless there is a name for all', (t) => {
  const nameOf = (environment: Record<string, string>): string | undefined => {
    const settings = readTracing({ ...ENDPOINT, ...environment })
    return settings && resourceOf(settings, 'ext-authz')['service.name']
  }
  t.is(nameOf({}), 'mcp-gateway-ext-authz')
  t.is(nameOf({ OTEL_SERVICE_NAME: 'edge' }), 'edge')
  t.is(nameOf({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=named,team=a%20b' }), 'named')
  const settings = readTracing({ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: 'team=a%20b' })
  t.is(settings && resourceOf(settings, 'envoy')['team'], 'a b')
})

test('a traceparent is one of W3C, or nothing', (t) => {
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  t.true(isTraceparent(`00-${trace}-${span}-01`))
  for (const wrong of [
    ...['', undefined, 7, `00-${trace}-${span}`, `00-${'0'.repeat(32)}-${span}-01`],
    ...[`00-${trace}-${'0'.repeat(16)}-01`, `00-${trace.toUpperCase()}-${span}-01`],
    ...[`ff-${trace}-${span}-01`, `00-${trace}-${span}-01-more`],
  ]) {
    t.false(isTraceparent(wrong), String(wrong))
  }
})
