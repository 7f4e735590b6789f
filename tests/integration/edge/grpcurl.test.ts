/** What a person does by hand: lists, describes, asks. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import {
  createMethods,
  createServer,
  TRANSPORTS,
  type Transport,
} from '../../../ext-authz/server.ts'
import { createLog } from '../../../lib/platform/log.ts'
import {
  CheckRequest,
  CheckResponse,
} from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'
import { needs } from '../../support/needs.ts'
import { toolPath } from '../../support/tool-path.ts'

const methods = createMethods({
  isServing: () => true,
  check(message) {
    const service = CheckRequest.decode(message).attributes?.contextExtensions['service']
    const status = { code: 7, message: `asked for ${service}` }
    return Buffer.from(
      CheckResponse.encode({
        status,
        httpResponse: undefined,
        dynamicMetadata: undefined,
      }).finish(),
    )
  },
})
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
    const question = JSON.stringify({ attributes: { contextExtensions: { service: 'echo' } } })
    const answer = await grpcurl('-d', question, socket, `${AUTHORIZATION}/Check`)
    t.deepEqual(JSON.parse(answer), { status: { code: 7, message: 'asked for echo' } })
    const health = await grpcurl(socket, 'grpc.health.v1.Health/Check')
    t.deepEqual(JSON.parse(health), { status: 'SERVING' })
  })
}
