import { rmSync } from 'node:fs'
import test from 'ava'
import { createMethods, createServer } from '../../../ext-authz/server.ts'
import type { GrpcServer } from '../../../ext-authz/transport/transport.ts'
import { createLog } from '../../../lib/platform/log.ts'
import {
  CheckRequest,
  CheckResponse,
} from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'
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
  await standIn.close()
  await edge.stop()
})

function ask(path: string) {
  return rawRequest({ port: edge.port, path })
}

/** Decides by path. */
async function startStandIn(path: string): Promise<GrpcServer> {
  const check = (message: Buffer): Buffer => {
    const asked = CheckRequest.decode(message).attributes?.request?.http?.path ?? ''
    const answer = ANSWERS[asked]
    if (answer === undefined) throw new Error(`no answer for ${asked}`)
    return Buffer.from(CheckResponse.encode(answer).finish())
  }
  const methods = createMethods({ check, isServing: () => true })
  const server = await createServer('fast', methods, createLog('stand-in', 'error'))
  await server.listen(path)
  return server
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
