/** Traces of a whole gateway, as a collector gets them over the wire: one for each request, through every room. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { type SeenSpan, startCollector } from '../support/otlp-collector.ts'

const ECHOES = join(import.meta.dirname, '../fixtures/echoes.ts')
const COLLECTOR_KEY = 'collector-key-of-this-test'
const ARGUMENT = 'argument-that-nobody-else-may-see'
const STRANGER = '0af7651916cd43dd8448eb211c80319c'
const STRANGERS = `00-${STRANGER}-b7ad6b7169203331-01`

const collector = await startCollector()
const gateway = await startGateway({
  environment: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${COLLECTOR_KEY}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  },
  file: stringify({
    mcpServers: {
      echoes: { command: process.execPath, args: [ECHOES] },
      echo: {},
    },
  }),
})
const logins = createGatewayLogins(gateway.url)
const registered = await logins.client.register()
test.after.always(async () => {
  await gateway.remove()
  await collector.close()
})

/** Everything that must be in no span. */
const secrets: string[] = [COLLECTOR_KEY, ARGUMENT]

async function logIn(service: string): Promise<string> {
  const resource = `${gateway.url}/${service}/mcp`
  const exchange = await logins.getCode(registered, { resource })
  const tokens = (await logins.client.token(exchange)).json()
  secrets.push(...Object.values(exchange).filter((value) => value.length > 20 && !isPublic(value)))
  secrets.push(...[tokens['access_token'], tokens['refresh_token']].map(String))
  return String(tokens['access_token'])
}

function isPublic(value: string): boolean {
  return value === registered.client_id || value.startsWith('http') || value.includes('_code')
}

interface Asked {
  readonly status: number
  readonly requestId: string
  readonly session: string | undefined
  readonly text: string
}

async function ask(
  service: string,
  message: object,
  { token = '', session = '', headers = {} }: Record<string, unknown> = {},
): Promise<Asked> {
  const response = await fetch(`${gateway.url}/${service}/mcp`, {
    method: 'POST',
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(session === '' ? {} : { 'mcp-session-id': String(session) }),
      ...(headers as Record<string, string>),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  })
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
    session: response.headers.get('mcp-session-id') ?? undefined,
    text: await response.text(),
  }
}

const INITIALIZE = {
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'traced', version: '1' },
  },
}

/** The trace of that request, once it is whole. */
function traceOf(requestId: string, ...services: string[]): Promise<readonly SeenSpan[]> {
  const isOfIt = ({ attributes }: SeenSpan): boolean =>
    attributes['mcp_gateway.request'] === requestId
  return collector.trace(isOfIt, (spans) => {
    const ids = new Set(spans.map(({ spanId }) => spanId))
    const isWhole = spans.every(({ parentId }) => parentId === '' || ids.has(parentId))
    // Rooms send what is over: the request itself comes last.
    return (
      isWhole &&
      ['mcp-gateway-envoy', ...services].every((service) =>
        spans.some((span) => span.service === service && span.kind === 2),
      )
    )
  })
}

/** Each span's name by its parent's: what does not hang on the one that begins it is told as it is. */
function treeOf(spans: readonly SeenSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  return spans
    .filter(({ attributes }) => attributes['db.system.name'] === undefined)
    .map(({ service, name, parentId }) => {
      const parent = parentId === '' ? 'nothing' : (byId.get(parentId)?.name ?? 'a stranger')
      return `${service.replace('mcp-gateway-', '')}: ${name} < ${parent}`
    })
    .sort()
}

const CHECK = 'async envoy.service.auth.v3.Authorization.Check egress'

test.serial('a call of a stdio server is one trace from Envoy to the server', async (t) => {
  const token = await logIn('echoes')
  const begun = await ask('echoes', INITIALIZE, { token })
  t.is(begun.status, 200)
  const start = await traceOf(begun.requestId, 'mcp-gateway-ext-authz', 'mcp-gateway-mcp-bridge')
  t.deepEqual(treeOf(start), [
    'envoy: POST /echoes/mcp < nothing',
    `envoy: ${CHECK} < POST /echoes/mcp`,
    `ext-authz: envoy.service.auth.v3.Authorization/Check < ${CHECK}`,
    'mcp-bridge: initialize < POST /echoes/mcp',
    'mcp-bridge: initialize < initialize',
    'mcp-bridge: start echoes < initialize',
  ])

  const { session } = begun
  const call = { id: 2, method: 'tools/call', params: { name: 'say', arguments: { it: ARGUMENT } } }
  const called = await ask('echoes', call, { token, session })
  const trace = await traceOf(called.requestId, 'mcp-gateway-ext-authz', 'mcp-gateway-mcp-bridge')
  t.deepEqual(treeOf(trace), [
    'envoy: POST /echoes/mcp < nothing',
    `envoy: ${CHECK} < POST /echoes/mcp`,
    `ext-authz: envoy.service.auth.v3.Authorization/Check < ${CHECK}`,
    'mcp-bridge: tools/call say < POST /echoes/mcp',
    'mcp-bridge: tools/call say < tools/call say',
  ])
  const asked = trace.find(({ kind, name }) => kind === 3 && name === 'tools/call say')
  t.like(asked?.attributes, {
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.name': 'say',
    'gen_ai.operation.name': 'execute_tool',
    'jsonrpc.request.id': '2',
    'network.transport': 'pipe',
  })
  const { result } = JSON.parse(called.text)
  t.is(result.params._meta.traceparent, `00-${asked?.traceId}-${asked?.spanId}-01`, 'SEP-414')
  t.is(asked?.resource['deployment.environment.name'], 'test')
  secrets.push(String(session))
})

test.serial('a native server is part of it, and store commands are', async (t) => {
  const token = await logIn('echo')
  const begun = await ask('echo', INITIALIZE, { token })
  secrets.push(String(begun.session))
  const trace = await traceOf(begun.requestId, 'mcp-gateway-mcp-bridge')
  const bridge = trace.find(({ kind, service }) => kind === 2 && service.endsWith('mcp-bridge'))
  const below = trace.filter(({ parentId }) => parentId === bridge?.spanId)
  t.true(below.some(({ attributes }) => attributes['network.transport'] === 'unix'))
  t.true(below.some(({ attributes }) => attributes['db.system.name'] === 'redis'))
})

test.serial(
  'a step of a login is one trace, with the commands it sends to the store',
  async (t) => {
    const exchange = await logins.getCode(registered)
    const response = await fetch(`${gateway.url}/token`, {
      method: 'POST',
      body: new URLSearchParams(exchange),
    })
    t.is(response.status, 200)
    secrets.push(exchange['code'] ?? '', exchange['code_verifier'] ?? '')
    const trace = await traceOf(
      response.headers.get('x-request-id') ?? '',
      'mcp-gateway-oauth-server',
    )
    t.deepEqual(treeOf(trace), [
      'envoy: POST /token < nothing',
      'oauth-server: POST /token < POST /token',
    ])
    const request = trace.find(
      ({ service, kind }) => service === 'mcp-gateway-oauth-server' && kind === 2,
    )
    t.like(request?.attributes, { 'http.route': '/token', 'http.response.status_code': '200' })
    const commands = trace.filter(({ attributes }) => attributes['db.operation.name'] !== undefined)
    t.true(commands.length > 0)
    t.true(commands.every(({ hasFailed }) => !hasFailed))
  },
)

test.serial('a refusal says why', async (t) => {
  const refused = await ask('echo', INITIALIZE)
  t.is(refused.status, 401)
  const trace = await traceOf(refused.requestId, 'mcp-gateway-ext-authz')
  const check = trace.find(({ service }) => service === 'mcp-gateway-ext-authz')
  t.is(check?.attributes['mcp_gateway.reason'], 'no_token')
  t.false(trace.some(({ service }) => service === 'mcp-gateway-mcp-bridge'))
})

test.serial('a stranger’s trace is neither joined nor passed on', async (t) => {
  const token = await logIn('echoes')
  const headers = { traceparent: STRANGERS, tracestate: 'vendor=stranger' }
  const { session } = await ask('echoes', INITIALIZE, { token, headers })
  const message = { id: 7, method: 'any', params: { _meta: { traceparent: STRANGERS } } }
  const asked = await ask('echoes', message, { token, session, headers })
  t.false(asked.text.includes(STRANGER))
  const trace = await traceOf(asked.requestId, 'mcp-gateway-mcp-bridge')
  t.not(trace[0]?.traceId, STRANGER)
  const linked = trace.filter(({ links }) => links.includes(STRANGER)).map(({ name }) => name)
  t.deepEqual(linked, ['any'], 'whoever has that trace finds this one')
  t.false(collector.spans.some(({ traceId }) => traceId === STRANGER))
})

test.serial('nothing secret reaches the collector, or a page of Envoy', async (t) => {
  const sent = collector.received()
  const values = collector.spans.flatMap(({ attributes, name }) => [
    name,
    ...Object.values(attributes),
  ])
  t.true(values.length > 100)
  for (const secret of secrets) {
    t.true(secret.length > 10)
    t.false(
      values.some((value) => value.includes(secret)),
      secret,
    )
    t.false(sent.includes(secret), secret)
  }
  t.true(
    collector.headers.every(({ authorization }) => authorization === `Bearer ${COLLECTOR_KEY}`),
  )
  const dump = await fetch(`http://127.0.0.1:${gateway.adminPort}/config_dump`)
  const page = await dump.text()
  t.true(page.includes('envoy.tracers.opentelemetry'))
  t.false(page.includes(COLLECTOR_KEY))
  t.false(readLog().includes(COLLECTOR_KEY))
})

test.serial(
  'a collector that is gone is one line for each room, and nobody waits for it',
  async (t) => {
    await collector.close()
    for (let n = 0; n < 30; n += 1) {
      const { status } = await ask('echo', INITIALIZE)
      t.is(status, 401)
      await sleep(20)
    }
    const told = (): string[] => readLog().match(/spans could not be sent/g) ?? []
    for (let waited = 0; told().length === 0 && waited < 20_000; waited += 100) await sleep(100)
    await sleep(1000)
    t.true(told().length >= 1)
    t.true(told().length <= 3, 'of three rooms each at most one in this minute')
    t.is(await gateway.stop(), 0, 'and the gateway leaves in time')
  },
)

function readLog(): string {
  return readFileSync(join(gateway.folder, '.gateway/logs/gateway.log'), 'utf8')
}
