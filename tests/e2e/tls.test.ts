import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { verifies } from '../support/verifies.ts'

const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
const certificates = join(folder, '.gateway/certs/live')
const chain = join(certificates, 'fullchain.pem')
mkdirSync(certificates, { recursive: true })
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', join(certificates, 'privkey.pem'), '-out', chain, '-days', '1'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  ],
  { stdio: 'ignore' },
)
const port = await freePort()
const issuer = `https://localhost:${port}`
const gateway = await startGateway({ folder, port, environment: { PUBLIC_URL: issuer } })
test.after.always(() => gateway.remove())

async function ask(
  path: string,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const ca = readFileSync(chain)
  request({ host: 'localhost', port, path, ca }, resolve).on('error', reject).end()
  const answer = await promise
  const chunks = await answer.toArray()
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body: Buffer.concat(chunks as Buffer[]).toString('utf8'),
  }
}

verifies('tls-end-to-end', async (t) => {
  t.is(gateway.url, issuer)
  const metadata = JSON.parse(
    (await ask('/.well-known/oauth-authorization-server')).body,
  ) as Record<string, unknown>
  t.is(metadata['issuer'], issuer)
  for (const [name, value] of Object.entries(metadata)) {
    if (name.endsWith('_endpoint')) t.true(String(value).startsWith(`${issuer}/`), name)
  }
  const challenged = await ask('/echo/mcp')
  t.is(challenged.status, 401)
  t.regex(challenged.headers['www-authenticate'] ?? '', new RegExp(`resource_metadata="${issuer}/`))
  const home = await ask('/')
  t.is(home.headers['strict-transport-security'], undefined, 'it would hold for all of localhost')
  const cookies = (await ask('/login')).headers['set-cookie'] ?? []
  t.true(cookies.length > 0)
  for (const cookie of cookies) t.regex(cookie, /^__Host-[^;]+;.*\bSecure\b/i)
  await t.throwsAsync(fetch(`http://localhost:${port}/`), undefined, 'plain http is not answered')
})
