/** What a person does by hand: lists, describes, asks. */

import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { type CheckPorts, decide } from '../../../ext-authz/check.ts'
import { parseCheckRequest } from '../../../ext-authz/request.ts'
import { encodeDecision } from '../../../ext-authz/response.ts'
import {
  createMethods,
  createServer,
  TRANSPORTS,
  type Transport,
} from '../../../ext-authz/server.ts'
import { createVerifiedTokens } from '../../../ext-authz/verified-tokens.ts'
import { signAccessToken } from '../../../lib/oauth/access-token.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { needs } from '../../support/needs.ts'
import { toolPath } from '../../support/tool-path.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const NOW = Math.floor(Date.now() / 1000)
const RESOURCE = {
  service: 'echo',
  identifier: 'https://gw.example/echo/mcp',
  metadataUrl: 'https://gw.example/.well-known/oauth-protected-resource/echo/mcp',
  baseScope: 'mcp',
  asksEachTime: false,
}
const TOKEN = signAccessToken(
  {
    ...{ iss: 'https://gw.example', sub: 'dev:alice', aud: RESOURCE.identifier, client_id: 'c' },
    ...{ scope: 'mcp', jti: 't', iat: NOW, exp: NOW + 600, auth_time: NOW, grant_id: '1-g' },
    preferred_username: 'alice',
  },
  { kid: 'k', algorithm: 'ES256', privateKey },
)
const PORTS: CheckPorts = {
  issuer: 'https://gw.example',
  findResource: (service) => (service === 'echo' ? RESOURCE : undefined),
  isAllowedOrigin: () => false,
  findKey: () => publicKey,
  revocations: { recall: () => ({ revoked: false }), ask: async () => ({ revoked: false }) },
  verifiedTokens: createVerifiedTokens(),
}

const methods = createMethods({
  isServing: () => true,
  check: async (message) =>
    encodeDecision(await decide(parseCheckRequest(message).input, PORTS, Date.now)),
})

/** As `grpcurl -d` takes it. */
function question(http: object): string {
  const request = { http: { method: 'POST', path: '/echo/mcp', ...http } }
  return JSON.stringify({ attributes: { contextExtensions: { service: 'echo' }, request } })
}
/** Begun by the test itself: where it is skipped, nothing may keep the process from ending. */
async function serve(t: ExecutionContext, transport: Transport): Promise<string> {
  const server = await createServer(transport, methods, createLog('test', 'error'))
  const folder = mkdtempSync(join(tmpdir(), 'grpcurl-'))
  const socket = join(folder, 's')
  await server.listen(socket)
  t.teardown(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return socket
}

async function grpcurl(...args: readonly string[]): Promise<string> {
  const program = toolPath('grpcurl') ?? ''
  const run = promisify(execFile)
  const { stdout } = await run(program, ['-plaintext', '-unix', ...args], { timeout: 60_000 })
  return stdout
}

const AUTHORIZATION = 'envoy.service.auth.v3.Authorization'

for (const transport of TRANSPORTS) {
  needs('grpcurl')(`${transport}: grpcurl lists, describes and asks`, async (t) => {
    const socket = await serve(t, transport)
    t.is(await grpcurl(socket, 'list'), `${AUTHORIZATION}\ngrpc.health.v1.Health\n`)
    t.is(await grpcurl(socket, 'list', AUTHORIZATION), `${AUTHORIZATION}.Check\n`)
    t.regex(await grpcurl(socket, 'describe', AUTHORIZATION), /rpc Check \( \.envoy/)
    t.regex(
      await grpcurl(socket, 'describe', '.envoy.service.auth.v3.CheckRequest'),
      /AttributeContext attributes = 1/,
    )
    const ask = async (http: object) =>
      JSON.parse(await grpcurl('-d', question(http), socket, `${AUTHORIZATION}/Check`))
    t.is((await ask({})).deniedResponse.status.code, 'Unauthorized')
    const authorization = `Bearer ${TOKEN}`
    for (const http of [
      { headers: { authorization } },
      { headerMap: { headers: [{ key: 'authorization', value: authorization }] } },
    ]) {
      const { headers } = (await ask(http)).okResponse
      const user = headers.find(
        ({ header }: { header: { key: string } }) => header.key.toLowerCase() === 'x-user-id',
      )
      t.is(user.header.value, 'dev:alice')
    }
    const health = async (...data: string[]) =>
      JSON.parse(await grpcurl(...data, socket, 'grpc.health.v1.Health/Check'))
    t.deepEqual(await health(), { status: 'SERVING' })
    t.deepEqual(await health('-d', `{"service":"${AUTHORIZATION}"}`), { status: 'SERVING' })
    await t.throwsAsync(health('-d', '{"service":"other"}'), { message: /Code: NotFound/ })
  })
}
