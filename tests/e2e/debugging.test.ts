/** What docs/debugging.md says, done: Envoy's own page as the start prints it, and `Check` by hand. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { callService } from '../support/mcp-call.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/debugging.md'), 'utf8')
const gateway = await startGateway({ asShipped: true })
const logins = createGatewayLogins(gateway.url, 'alice')
const tokens = await logins.login(await logins.client.register())
test.after.always(() => gateway.remove())

/** The pages that the table names, and what each of them has to show. */
const SHOWS: Record<string, RegExp> = {
  '/clusters': /authz-1\.sock::health_flags::healthy/,
  '/stats?filter=^http.*ext_authz': /ext_authz\.denied: [1-9]/,
  '/stats?filter=update_rejected': /rds\.gateway\.update_rejected: 0/,
  '/config_dump?resource=dynamic_route_configs': /"prefix_rewrite"|echo\/mcp/,
  '/certs': /"certificates"/,
}

test('the start prints where Envoy’s own page is, and it opens', async (t) => {
  const url = /^Envoy's own page: (\S+)/m.exec(gateway.output())?.[1] ?? ''
  t.is(url, `http://127.0.0.1:${gateway.adminPort}`)
  const response = await fetch(url)
  t.is(response.status, 200)
  t.regex(await response.text(), /<title>Envoy Admin<\/title>/)
})

test('the pages worth knowing show what the documentation says', async (t) => {
  await callService(`${gateway.url}/echo/mcp`, 'no token')
  const named = [...PAGE.matchAll(/^\| <http:\/\/127\.0\.0\.1:9901(\S+)> \|/gm)]
  t.deepEqual(
    named.map(([, path = '']) => path),
    Object.keys(SHOWS),
  )
  for (const [path, shown] of Object.entries(SHOWS)) {
    const response = await fetch(`http://127.0.0.1:${gateway.adminPort}${path}`)
    t.is(response.status, 200, path)
    t.regex(await response.text(), shown, path)
  }
})

const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
  includeDirs: [join(ROOT, 'proto')],
  oneofs: true,
})
type Packages = {
  envoy: { service: { auth: { v3: { Authorization: ServiceClientConstructor } } } }
}
const { Authorization } = (loadPackageDefinition(definition) as unknown as Packages).envoy.service
  .auth.v3

interface Checked {
  readonly httpResponse: 'okResponse' | 'deniedResponse'
  readonly okResponse?: { readonly headers: readonly { readonly header: { key: string } }[] }
  readonly deniedResponse?: { readonly status: { readonly code: number | string } }
}

/** The example of the page, with a token put in. */
function check(token: string): Promise<Checked> {
  const example = /```json\n(.*?)```/s.exec(PAGE)?.[1] ?? ''
  const question = JSON.parse(example.replace('TOKEN', token))
  const run = JSON.parse(readFileSync(join(gateway.folder, '.gateway/run.json'), 'utf8'))
  const client = new Authorization(`unix:${run.sockets}/authz-1.sock`, credentials.createInsecure())
  const { promise, resolve, reject } = Promise.withResolvers<Checked>()
  const answered = (error: Error | null, answer: Checked): void => {
    client.close()
    if (error === null) resolve(answer)
    else reject(error)
  }
  ;(client as unknown as { check: (question: object, done: typeof answered) => void }).check(
    question,
    answered,
  )
  return promise
}

test('a Check written by hand is decided as Envoy’s are', async (t) => {
  const ok = await check(String(tokens['access_token']))
  t.is(ok.httpResponse, 'okResponse')
  const names = ok.okResponse?.headers.map(({ header }) => header.key)
  t.true(names?.includes('x-user-id'))
  const denied = await check('rubbish')
  t.is(denied.httpResponse, 'deniedResponse')
  t.regex(String(denied.deniedResponse?.status.code), /401|Unauthorized/)
})
