import { rmSync } from 'node:fs'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import test from 'ava'
import {
  type AuthorizationServer,
  AuthorizationService,
  type CheckResponse,
} from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'
import {
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../../proto/gen/grpc/health/v1/health.ts'
import { startEdge } from '../../support/edge.ts'
import { until } from '../../support/gateway-process.ts'
import { rawRequest } from '../../support/raw-request.ts'

/** As ext-authz would say it, with what a log could be spoilt by. */
const RECORD = {
  reason: 'a reason',
  user: 'dev:x"\n{}',
  client_id: 'https://client.example/',
  service: 'echo',
}

const ANSWERS: Readonly<Record<string, CheckResponse>> = {
  '/echo/mcp': {
    status: { code: 0, message: '' },
    dynamicMetadata: { ...RECORD, decision: 'allow' },
    httpResponse: { $case: 'okResponse', value: { headers: [], headersToRemove: [] } },
  },
  '/memory/mcp': {
    status: { code: 7, message: '' },
    dynamicMetadata: { ...RECORD, decision: 'deny' },
    httpResponse: {
      $case: 'deniedResponse',
      value: { status: { code: 401 }, headers: [], body: '' },
    },
  },
  '/everything/mcp': {
    status: { code: 14, message: '' },
    dynamicMetadata: { ...RECORD, decision: 'deny' },
    httpResponse: {
      $case: 'errorResponse',
      value: { status: { code: 503 }, headers: [], body: '' },
    },
  },
}

const edge = await startEdge()
const socket = String(edge.extAuthzOptions.env?.['EXT_AUTHZ_SOCKET'])
edge.extAuthz.kill('SIGKILL')
rmSync(socket, { force: true })
const standIn = await startStandIn(socket)
await until(async () => (await ask('/echo/mcp')).status === 200, 20_000)
test.after.always(async () => {
  standIn.forceShutdown()
  await edge.stop()
})

function ask(path: string) {
  return rawRequest({ port: edge.port, path })
}

/** Decides by path. */
async function startStandIn(path: string): Promise<Server> {
  const server = new Server()
  const authorization: AuthorizationServer = {
    check: (call, answer) => {
      const asked = call.request.attributes?.request?.http?.path ?? ''
      answer(null, ANSWERS[asked] ?? null)
    },
  }
  const health: HealthServer = {
    check: (_call, answer) => answer(null, { status: ServingStatus.SERVING }),
  }
  server.addService(AuthorizationService, authorization)
  server.addService(HealthService, health)
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
    error === null ? resolve(server) : reject(error),
  )
  return await promise
}

async function lineOf(requestId: unknown): Promise<Record<string, unknown>> {
  const find = (): string | undefined =>
    edge
      .accessLog()
      .split('\n')
      .find((line) => line.includes(String(requestId)))
  await until(() => find() !== undefined, 10_000)
  return JSON.parse(find() ?? '') as Record<string, unknown>
}

for (const [path, status, decision, details] of [
  ['/echo/mcp', 200, 'allow', 'via_upstream'],
  ['/memory/mcp', 401, 'deny', 'ext_authz_denied'],
  ['/everything/mcp', 503, 'deny', 'ext_authz_error'],
] as const) {
  test(`a line says who asked, what was decided and how long it took: ${status}`, async (t) => {
    const answer = await ask(path)
    t.is(answer.status, status)
    const line = await lineOf(answer.headers['x-request-id'])
    t.like(line, { ...RECORD, decision, details, status, path, method: 'POST', msg: 'request' })
    t.is(line['address'], '127.0.0.1')
    t.true(Number(line['decided_us']) > 0)
    for (const name of ['took_ms', 'bytes_sent', 'bytes_received'])
      t.is(typeof line[name], 'number')
  })
}

test('what nobody decided has no decision', async (t) => {
  const answer = await rawRequest({ port: edge.port, method: 'GET', path: '/jwks' })
  const line = await lineOf(answer.headers['x-request-id'])
  for (const name of ['decision', 'reason', 'user', 'client_id', 'service', 'decided_us']) {
    t.false(name in line, name)
  }
})
