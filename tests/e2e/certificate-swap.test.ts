import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import test from 'ava'
import type { CertificateStatus } from '../../certs/status.ts'
import { createAuthority } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { mountSecret } from '../support/mounted-secret.ts'
import { connect } from '../support/sdk-client.ts'
import { peerCertificate } from '../support/tls-client.ts'
import { createVisitor } from '../support/visitor.ts'

const WAIT_MS_MAX = 20_000

const authority = createAuthority()
// The clients of these tests trust it, as those of a person would.
setDefaultCACertificates([...getCACertificates('default'), authority.cert.toString()])
const secret = mountSecret(mkdtempSync(join(tmpdir(), 'secret-')), authority.issue(['localhost']))
const [port, plainPort] = [await freePort(), await freePort()]
const issuer = `https://localhost:${port}`
const gateway = await startGateway({
  port,
  environment: {
    PUBLIC_URL: issuer,
    TLS_CERTIFICATE_FOLDER: secret.folder,
    GATEWAY_HTTP_PORT: String(plainPort),
  },
})
test.after.always(async () => {
  await gateway.remove()
  authority.remove()
  rmSync(secret.folder, { recursive: true, force: true })
})

const serial = async (): Promise<string> =>
  (await peerCertificate({ port, servername: 'localhost' })).serialNumber

const status = (): CertificateStatus =>
  JSON.parse(
    readFileSync(join(gateway.folder, '.gateway/certs/status.json'), 'utf8'),
  ) as CertificateStatus

test.serial('a stream goes on while the certificate is swapped under it', async (t) => {
  t.timeout(120_000)
  const connection = await connect(`${issuer}/everything/mcp`, createVisitor('alice'))
  t.teardown(() => connection.close())
  const before = await serial()
  const started = Promise.withResolvers<void>()
  let steps = 0
  const call = connection.client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 16, steps: 32 } },
    undefined,
    {
      timeout: 100_000,
      onprogress: () => {
        steps += 1
        started.resolve()
      },
    },
  )
  await started.promise
  secret.update(authority.issue(['localhost']))
  await until(async () => (await serial()) !== before, WAIT_MS_MAX)
  const stepsBefore = steps
  const { isError } = await call
  t.falsy(isError)
  t.true(steps > stepsBefore, 'the stream went on after the swap')
  t.true(steps > 25, `${steps} notices of progress came through`)
  const next = await connect(`${issuer}/everything/mcp`, createVisitor('bob'))
  await next.close()
})

test.serial('a broken pair is refused, loudly, and the one before stays', async (t) => {
  const before = await serial()
  const [one, other] = [authority.issue(['localhost']), authority.issue(['localhost'])]
  secret.update({ cert: one.cert, key: other.key })
  await until(() => status().fault !== null, WAIT_MS_MAX)
  t.is(status().fault, 'certificate and key do not belong together')
  const told = /certs +error +the certificate is not taken; the one before stays/
  await until(() => told.test(gateway.output()), WAIT_MS_MAX)
  t.is(await serial(), before)
  secret.update(one)
  await until(async () => (await serial()) !== before, WAIT_MS_MAX)
  await until(() => status().fault === null, WAIT_MS_MAX)
})

test.serial('when it ends is a figure for Prometheus', async (t) => {
  const url = `http://127.0.0.1:${gateway.metricsPort}/metrics/certs`
  const text = await (await fetch(url)).text()
  const [, seconds] =
    /^mcp_gateway_certificate_not_after_timestamp_seconds (\d+)$/m.exec(text) ?? []
  t.is(Number(seconds), Date.parse(status().not_after) / 1000)
  t.regex(text, /^mcp_gateway_certificate_placeholder 0$/m)
})

test.serial('plain HTTP on the port for it is sent on, and challenges are nobody’s', async (t) => {
  const answer = await fetch(`http://localhost:${plainPort}/login?a=b`, { redirect: 'manual' })
  t.regex(String(answer.headers.get('x-request-id')), /^[0-9a-f-]{36}$/)
  t.is(answer.status, 308)
  t.is(answer.headers.get('location'), `${issuer}/login?a=b`)
  t.is(answer.headers.get('strict-transport-security'), null, 'nothing for all of localhost')
  const challenge = `http://localhost:${plainPort}/.well-known/acme-challenge/x`
  t.is((await fetch(challenge, { redirect: 'manual' })).status, 404)
})
