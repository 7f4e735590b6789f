import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import type { CertificateStatus } from '../../certs/status.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { needsInTurn } from '../support/needs.ts'
import { type Pebble, startPebble } from '../support/pebble.ts'
import { askTrusted, peerCertificate } from '../support/tls-client.ts'
import { toolPath } from '../support/tool-path.ts'

const needsAcme = needsInTurn('go', 'lego')
const WAIT_MS_MAX = 60_000
/** Renewed when a third is left. */
const LIFETIME_SECONDS = 48
const ISSUER = 'auth.gateway.test'

const [port, plainPort, deadPort] = [await freePort(), await freePort(), await freePort()]
let pebble: Pebble | undefined
let gateway: TestGateway | undefined
test.after.always(async () => {
  pebble?.stop()
  await gateway?.remove()
})

const environment = (acme: Record<string, string>): Record<string, string> => ({
  BASE_DOMAIN: 'gateway.test',
  // Each name is proved by itself, which takes lego five seconds.
  ...Object.fromEntries(
    ['EVERYTHING', 'FETCHS', 'FILESYSTEM', 'MEMORY', 'SEQUENTIALTHINKING'].map((name) => [
      `MCP_${name}_ENABLED`,
      'false',
    ]),
  ),
  GATEWAY_HTTP_PORT: String(plainPort),
  GITHUB_CLIENT_ID: 'id',
  GITHUB_CLIENT_SECRET: 'secret-of-nobody',
  ALLOWED_GITHUB_USERS: 'octocat',
  LEGO_BIN: toolPath('lego') ?? '',
  ACME_EMAIL: 'operator@gateway.test',
  ...acme,
})

function here(): { gateway: TestGateway; pebble: Pebble } {
  if (gateway === undefined || pebble === undefined) throw new Error('an earlier test failed')
  return { gateway, pebble }
}

function statusOf({ folder }: TestGateway): CertificateStatus {
  const path = join(folder, '.gateway/certs/status.json')
  return JSON.parse(readFileSync(path, 'utf8')) as CertificateStatus
}

const isFrom = (which: RegExp) => async (): Promise<boolean> =>
  which.test((await peerCertificate({ port, servername: ISSUER })).issuer)

/** Over plain HTTP, under any Host. */
async function askPlain(host: string, path: string, method = 'GET') {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = { host: '127.0.0.1', port: plainPort, path, method, headers: { host } }
  request({ ...options, agent: false }, resolve)
    .on('error', reject)
    .end()
  const answer = await promise
  const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString('utf8')
  return { status: answer.statusCode, location: answer.headers.location, text }
}

needsAcme('before any certificate exists the gateway starts, and says what is wrong', async (t) => {
  const directory = { ACME_DIRECTORY_URL: `https://localhost:${deadPort}/dir` }
  gateway = await startGateway({ port, environment: environment(directory) })
  t.is(gateway.url, `https://${ISSUER}`)
  t.true(await isFrom(/placeholder/)())
  t.regex(gateway.output(), /There is no certificate yet: clients refuse the placeholder/)
  const started = gateway
  await until(() => statusOf(started).fault !== null, WAIT_MS_MAX)
  const { placeholder, source, fault, next_attempt } = statusOf(started)
  t.deepEqual([placeholder, source], [true, 'acme'])
  t.regex(fault ?? '', /^lego: .*connection refused/)
  t.true(Date.parse(next_attempt ?? '') > Date.now())
  await until(() => /no new certificate; the one before stays/.test(started.output()), WAIT_MS_MAX)
  t.true(await isFrom(/placeholder/)(), 'still there')
})

needsAcme(
  'a certificate for issuer and services comes by HTTP-01, without a restart',
  async (t) => {
    await gateway?.stop()
    pebble = await startPebble({ httpPort: plainPort, lifetimeSeconds: LIFETIME_SECONDS })
    const directory = {
      ACME_DIRECTORY_URL: pebble.directoryUrl,
      ACME_CA_FILE: pebble.authority.path,
    }
    gateway = await startGateway({
      again: gateway as TestGateway,
      environment: environment(directory),
    })
    await until(isFrom(/Pebble Intermediate/), WAIT_MS_MAX)
    const root = await pebble.root()
    const answer = await askTrusted({ port, servername: ISSUER }, '/healthz', root)
    t.is(answer.status, 200)
    t.is(answer.headers['strict-transport-security'], 'max-age=31536000')
    const service = { port, servername: 'echo.gateway.test' }
    const challenged = await askTrusted(service, '/mcp', root)
    t.is(challenged.status, 401)
    t.truthy(challenged.headers['strict-transport-security'])
    const { placeholder, names, fault } = statusOf(gateway)
    t.deepEqual([placeholder, fault], [false, null])
    t.deepEqual([...names].sort(), [ISSUER, 'echo.gateway.test'])
  },
)

needsAcme('plain HTTP leads to https, under our names alone', async (t) => {
  here()
  t.deepEqual(await askPlain(ISSUER, '/authorize?state=a%20b'), {
    status: 308,
    location: `https://${ISSUER}/authorize?state=a%20b`,
    text: '',
  })
  const own = await askPlain(`echo.gateway.test:${plainPort}`, '/mcp', 'POST')
  t.deepEqual([own.status, own.location], [308, 'https://echo.gateway.test/mcp'])
  for (const host of ['evil.example', `${ISSUER}.evil.example`, `${ISSUER}:1`]) {
    const foreign = await askPlain(host, '//evil.example/')
    t.deepEqual([foreign.status, foreign.location], [421, undefined], host)
    t.regex(foreign.text, /answers to https:\/\/auth\.gateway\.test only/)
  }
  const twisted = await askPlain(ISSUER, '//evil.example/%2e%2e')
  t.regex(twisted.location ?? '', /^https:\/\/auth\.gateway\.test\//)
  for (const path of ['x', '../../attempts.json', '..%2fattempts.json', '']) {
    const { status, text } = await askPlain(ISSUER, `/.well-known/acme-challenge/${path}`)
    t.not(status, 200, path)
    t.notRegex(text, /asked/)
  }
  t.is((await askPlain(ISSUER, '/.well-known/acme-challenge/x')).status, 404)
})

needsAcme('it is renewed when a third of its life is left', async (t) => {
  here()
  const before = await peerCertificate({ port, servername: ISSUER })
  await until(
    async () =>
      (await peerCertificate({ port, servername: ISSUER })).serialNumber !== before.serialNumber,
    LIFETIME_SECONDS * 1000,
  )
  t.true(Date.now() < before.validToDate.getTime(), 'before the old one ended')
  t.true(await isFrom(/Pebble Intermediate/)())
})

needsAcme('a service that is added while everything runs is in the next certificate', async (t) => {
  const { gateway: running, pebble: authority } = here()
  writeFileSync(
    join(running.folder, 'gateway.yaml'),
    'mcpServers: { added: { command: "true" } }\n',
  )
  await until(() => statusOf(running).names.includes('added.gateway.test'), WAIT_MS_MAX)
  const peer = { port, servername: 'added.gateway.test' }
  await until(
    async () => (await peerCertificate(peer)).checkHost(peer.servername) !== undefined,
    WAIT_MS_MAX,
  )
  t.is((await askTrusted(peer, '/mcp', await authority.root())).status, 401)
  t.is((await askPlain(peer.servername, '/mcp')).location, 'https://added.gateway.test/mcp')
})

needsAcme('a renewal that fails is loud, and the certificate stays', async (t) => {
  const { gateway: running, pebble: authority } = here()
  const before = await peerCertificate({ port, servername: ISSUER })
  authority.stop()
  await until(() => statusOf(running).fault !== null, WAIT_MS_MAX)
  t.regex(statusOf(running).fault ?? '', /^lego: /)
  const told = /error +no new certificate; the one before stays/
  await until(() => told.test(running.output()), WAIT_MS_MAX)
  t.is((await peerCertificate({ port, servername: ISSUER })).serialNumber, before.serialNumber)
})
