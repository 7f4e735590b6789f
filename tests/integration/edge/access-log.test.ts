import { rmSync } from 'node:fs'
import test from 'ava'
import { createMethods, createServer } from '../../../ext-authz/server.ts'
import type { GrpcServer } from '../../../ext-authz/transport/transport.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { HeaderValueOption_HeaderAppendAction } from '../../../proto/gen/envoy/config/core/v3/base.ts'
import {
  CheckRequest,
  CheckResponse,
} from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'
import { startEdge } from '../../support/edge.ts'
import { until } from '../../support/gateway-process.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { requestText, sendBytes } from '../../support/raw-socket.ts'

/** As ext-authz would say it of a refusal, with what a log could be spoilt by. */
const RECORD = {
  decision: 'deny',
  reason: 'a reason',
  user: 'dev:x"\n{}',
  client_id: 'https://client.example/',
}

/** As it says it of an allowance. */
const IDENTITY = {
  'x-user-id': 'dev:x"{}',
  'x-auth-client': 'https://client.example/',
  'x-auth-expires': '5',
}

const ANSWERS: Readonly<Record<string, CheckResponse>> = {
  '/echo/mcp': {
    status: { code: 0, message: '' },
    dynamicMetadata: undefined,
    httpResponse: {
      $case: 'okResponse',
      value: {
        headers: Object.entries(IDENTITY).map(([key, value]) => ({
          header: { key, value, rawValue: Buffer.alloc(0) },
          appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
        })),
        headersToRemove: [],
      },
    },
  },
  '/memory/mcp': {
    status: { code: 7, message: '' },
    dynamicMetadata: RECORD,
    httpResponse: {
      $case: 'deniedResponse',
      value: { status: { code: 401 }, headers: [], body: '' },
    },
  },
  '/everything/mcp': {
    status: { code: 14, message: '' },
    dynamicMetadata: RECORD,
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

/** @param words its request id, or what else no other line has. */
async function lineOf(words: unknown, from = 0): Promise<Record<string, unknown>> {
  const find = (): string | undefined =>
    edge
      .accessLog()
      .slice(from)
      .split('\n')
      .find((line) => line.includes(String(words)) && line.endsWith('}'))
  await until(() => find() !== undefined, 10_000)
  return JSON.parse(find() ?? '') as Record<string, unknown>
}

const ALLOWED = { decision: 'allow', user: 'dev:x"{}', client_id: 'https://client.example/' }

for (const [service, status, record, details] of [
  ['echo', 200, ALLOWED, 'via_upstream'],
  ['memory', 401, RECORD, 'ext_authz_denied'],
  ['everything', 503, RECORD, 'ext_authz_error'],
] as const) {
  test.serial(
    `a line says who asked, what was decided and how long it took: ${status}`,
    async (t) => {
      const path = `/${service}/mcp`
      const answer = await ask(path)
      t.is(answer.status, status)
      const line = await lineOf(answer.headers['x-request-id'])
      t.like(line, { ...record, service, details, status, path, method: 'POST', msg: 'request' })
      t.is(edge.accessLog().split(String(answer.headers['x-request-id'])).length, 2, 'one line')
      t.is(line['address'], '127.0.0.1')
      t.true(Number(line['decided_us']) > 0)
      for (const name of ['took_ms', 'bytes_sent', 'bytes_received'])
        t.is(typeof line[name], 'number')
    },
  )
}

test.serial('a line says so where ext-authz gave no answer', async (t) => {
  const path = '/fetchs/mcp'
  const answer = await ask(path)
  t.is(answer.status, 503)
  const line = await lineOf(answer.headers['x-request-id'])
  const decided = { decision: 'deny', reason: 'authz_unavailable' }
  t.like(line, { ...decided, service: 'fetchs', status: 503, details: 'ext_authz_error' })
  t.is(edge.accessLog().split(String(answer.headers['x-request-id'])).length, 2, 'one line')
})

test.serial('what nobody decided has no decision', async (t) => {
  const answer = await rawRequest({ port: edge.port, method: 'GET', path: '/jwks' })
  const line = await lineOf(answer.headers['x-request-id'])
  for (const name of ['decision', 'reason', 'user', 'client_id', 'service', 'decided_us']) {
    t.false(name in line, name)
  }
})

const CLAIMED = ['X-User-Id', 'dev:mallory', 'X-Auth-Client', 'spoof', 'X-Auth-Expires', '5']

/** Whoever is refused before a route is looked for still has these headers in the line's eyes. */
for (const [asked, status, logged] of [
  ['/echo%2fmcp', 400, '/echo/mcp'],
  ['/nowhere', 404, '/nowhere'],
  ['/register', 200, '/register'],
  ['/memory/mcp', 401, '/memory/mcp'],
] as const) {
  test.serial(`nobody writes a line about somebody else: ${asked}`, async (t) => {
    const before = edge.accessLog().length
    const answer = await rawRequest({ port: edge.port, path: asked, headers: CLAIMED })
    t.is(answer.status, status)
    await until(() => edge.accessLog().includes('\n', before), 10_000)
    const lines = edge.accessLog().slice(before).trim().split('\n')
    t.is(lines.length, 1)
    t.like(JSON.parse(lines[0] ?? ''), { path: logged, status })
    t.notRegex(lines[0] ?? '', /"allow"|mallory|spoof/)
  })
}

const FORGED = '5f0c1a52-6a0e-4a4c-9b58-6f4f8a1f3d11'

for (const [details, ...asked] of [
  ['path_normalization_failed', 'POST /echo%2fmcp HTTP/1.1', `Host: localhost:${edge.port}`],
  ['absolute_path_rejected', 'OPTIONS * HTTP/1.1', `Host: localhost:${edge.port}`],
  ['missing_host_header', 'POST /echo/mcp HTTP/1.1'],
] as const) {
  test.serial(
    `an id of the caller’s own is not logged where there is none of ours, and not answered: ${details}`,
    async (t) => {
      const before = edge.accessLog().length
      const { text } = await sendBytes(edge.port, requestText(...asked, `X-Request-Id: ${FORGED}`))
      t.notRegex(text, /x-request-id/i, 'the log has nothing under it')
      const line = await lineOf(`"details":"${details}"`, before)
      t.false('request_id' in line)
      t.is(edge.accessLog().slice(before).split(details).length, 2, 'one line')
    },
  )
}

for (const path of ['/nowhere', '/jwks', '/echo/mcp']) {
  test.serial(`nor where Envoy has given one: ${path}`, async (t) => {
    const headers = ['X-Request-Id', FORGED]
    const answer = await rawRequest({ port: edge.port, path, headers })
    t.regex(String(answer.headers['x-request-id']), /^[0-9a-f-]{36}$/)
    t.like(await lineOf(answer.headers['x-request-id']), { path })
    t.false(edge.accessLog().includes(FORGED))
  })
}

test.serial('a line stays short, however long a path is', async (t) => {
  await rawRequest({ port: edge.port, method: 'GET', path: `/long/${'a'.repeat(31_000)}` })
  const line = await lineOf('/long/')
  t.is(line['path'], `/long/${'a'.repeat(512 - '/long/'.length)}`)
  t.true(JSON.stringify(line).length < 1024)
})

test.serial('a line says so where ext-authz is not there', async (t) => {
  await standIn.close()
  const answer = await ask('/echo/mcp')
  t.is(answer.status, 503)
  const line = await lineOf(answer.headers['x-request-id'])
  t.like(line, { decision: 'deny', reason: 'authz_unavailable', service: 'echo', status: 503 })
})
