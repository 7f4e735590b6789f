import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import test from 'ava'
import { readEnvoyConfig } from '../../../envoy/config.ts'
import { renderFiles } from '../../../envoy/render.ts'
import { writeFiles } from '../../../envoy/write-files.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { createAuthority } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'
import { mountSecret } from '../../support/mounted-secret.ts'
import { askTrusted, peerCertificate } from '../../support/tls-client.ts'

/** Envoy alone, on a Secret that cert-manager fills: no room of ours comes in between. */
const WAIT_MS_MAX = 20_000
const SERVERNAME = 'gw.example'

const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
const authority = createAuthority()
const first = authority.issue([SERVERNAME])
const secret = mountSecret(mkdtempSync(join(tmpdir(), 'secret-')), first)
const [port, adminPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
const environment = {
  PUBLIC_URL: `https://${SERVERNAME}:${port}`,
  GATEWAY_PORT: String(port),
  GATEWAY_ADMIN_PORT: String(adminPort),
  GATEWAY_METRICS_PORT: String(metricsPort),
  ENVOY_FOLDER: join(folder, 'envoy'),
  ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
  ENVOY_CERTIFICATE_FOLDER: secret.folder,
  OAUTH_SERVER_SOCKETS: join(folder, 'o.sock'),
  EXT_AUTHZ_SOCKETS: join(folder, 'a.sock'),
  MCP_BRIDGE_SOCKETS: join(folder, 'b.sock'),
  ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
}
const config = readEnvoyConfig(environment)
writeFiles(config.ENVOY_FOLDER, renderFiles(readGateway(environment, folder), config))
const envoy = spawn(
  process.env['ENVOY_BIN'] ?? 'envoy',
  [
    '-c',
    join(config.ENVOY_FOLDER, 'bootstrap.json'),
    '--disable-hot-restart',
    '--concurrency',
    '1',
  ],
  { stdio: 'ignore' },
)
test.after.always(() => {
  envoy.kill('SIGKILL')
  authority.remove()
  for (const path of [folder, secret.folder]) rmSync(path, { recursive: true, force: true })
})

const peer = { port, servername: SERVERNAME }
const serial = async (): Promise<string> => (await peerCertificate(peer)).serialNumber

test.before(() =>
  until(async () => {
    try {
      return (await serial()) !== ''
    } catch {
      // Not listening yet.
      return false
    }
  }, WAIT_MS_MAX),
)

interface Shaken {
  readonly protocol: string | null
  readonly cipher: string
  readonly application: string | false | null
}

async function shake(options: ConnectionOptions): Promise<Shaken> {
  const trusting = { host: '127.0.0.1', servername: SERVERNAME, ca: authority.cert, port }
  const socket = connect({ ...trusting, ...options })
  await once(socket, 'secureConnect')
  const protocol = socket.getProtocol()
  const cipher = socket.getCipher().standardName
  const application = socket.alpnProtocol
  socket.destroy()
  return { protocol, cipher, application }
}

async function statistics(filter: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${adminPort}/stats?filter=${filter}`)).text()
}

test.serial('TLS 1.2 and 1.3, and of them only what is good', async (t) => {
  t.is((await shake({})).protocol, 'TLSv1.3')
  const older = await shake({ maxVersion: 'TLSv1.2' })
  t.is(older.protocol, 'TLSv1.2')
  t.regex(older.cipher, /^TLS_ECDHE_ECDSA_WITH_(?:AES_\d+_GCM|CHACHA20)/)
  await t.throwsAsync(
    shake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' }),
  )
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0' } as const
  await t.throwsAsync(shake(weak), undefined, 'no authenticated encryption')
})

test.serial('with a certificate of RSA as well, and never without forward secrecy', async (t) => {
  const before = await serial()
  secret.update(authority.issue([SERVERNAME], 'valid', 'rsa'))
  await until(async () => (await serial()) !== before, WAIT_MS_MAX)
  const older = { maxVersion: 'TLSv1.2' } as const
  t.regex((await shake(older)).cipher, /^TLS_ECDHE_RSA_WITH_(?:AES_\d+_GCM|CHACHA20)/)
  await t.throwsAsync(shake({ ...older, ciphers: 'AES128-GCM-SHA256' }))
})

test.serial('HTTP/2 for those who know it', async (t) => {
  t.is((await shake({ ALPNProtocols: ['h2', 'http/1.1'] })).application, 'h2')
  t.is((await shake({ ALPNProtocols: ['http/1.1'] })).application, 'http/1.1')
})

test.serial('browsers are to come over TLS from now on, whatever they are answered', async (t) => {
  for (const path of ['/healthz', '/echo/mcp', '/nowhere']) {
    const { headers } = await askTrusted(peer, path, authority.cert, `${SERVERNAME}:${port}`)
    t.is(headers['strict-transport-security'], 'max-age=31536000', path)
  }
})

test.serial('an update of the Secret is served to whoever connects from then on', async (t) => {
  const before = await serial()
  const expiry = await statistics('ssl.certificate.gateway.expiration_unix_time_seconds')
  t.regex(expiry, /: \d{10}$/m, 'when it ends is a figure')
  secret.update(authority.issue([SERVERNAME]))
  await until(async () => (await serial()) !== before, WAIT_MS_MAX)
  await t.notThrowsAsync(askTrusted(peer, '/', authority.cert))
})

test.serial('a pair that does not fit is refused, and the one before stays', async (t) => {
  const before = await serial()
  const [one, other] = [authority.issue([SERVERNAME]), authority.issue([SERVERNAME])]
  secret.update({ cert: one.cert, key: other.key })
  await until(
    async () =>
      /key_rotation_failed: [1-9]|update_rejected: [1-9]/.test(await statistics('sds.gateway')),
    WAIT_MS_MAX,
  )
  t.is(await serial(), before)
  secret.update(one)
  await until(async () => (await serial()) !== before, WAIT_MS_MAX)
  t.pass('the next good one is taken')
})
