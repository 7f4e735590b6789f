import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import test from 'ava'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { connect } from '../support/sdk-client.ts'
import { askTrusted, peerCertificate } from '../support/tls-client.ts'
import { createVisitor } from '../support/visitor.ts'

const authorityOf = ({ folder }: TestGateway): string =>
  join(folder, '.gateway/certs/authority/ca.pem')

const gateways: TestGateway[] = []
test.after.always(() => Promise.all(gateways.map((gateway) => gateway.remove())))

const started = async (options: Parameters<typeof startGateway>[0]): Promise<TestGateway> => {
  const gateway = await startGateway({ args: ['--tls'], ...options })
  gateways.push(gateway)
  return gateway
}

const peerOf = ({ port }: TestGateway, servername: string) => ({ port, servername })

test.serial('--tls: https on this machine, trusted by whoever trusts its authority', async (t) => {
  t.timeout(180_000)
  const gateway = await started({})
  t.is(gateway.url, `https://localhost:${gateway.port}`)
  const path = authorityOf(gateway)
  t.true(gateway.output().includes(`export NODE_EXTRA_CA_CERTS="${path}"`))
  t.is(statSync(join(path, '../ca.key')).mode & 0o777, 0o600)
  const ca = readFileSync(path, 'utf8')
  const peer = peerOf(gateway, 'localhost')
  setDefaultCACertificates([...getCACertificates('default'), ca])
  for (const host of ['localhost', '127.0.0.1']) {
    const { status } = await fetch(`https://${host}:${gateway.port}/healthz`)
    t.is(status, host === 'localhost' ? 200 : 421, 'trusted under each address, served under one')
  }
  const connection = await connect(`${gateway.url}/echo/mcp`, createVisitor('alice'))
  const { tools } = await connection.client.listTools()
  t.true(tools.length > 0)
  await connection.close()

  const status = execFileSync(
    process.execPath,
    [join(import.meta.dirname, '../../cli/main.ts'), 'status'],
    { cwd: gateway.folder, encoding: 'utf8' },
  )
  t.regex(
    status,
    /^certificate: from the authority of this gateway’s own for localhost.*days left\)$/m,
  )

  const before = await peerCertificate(peer)
  await gateway.stop()
  const again = await startGateway({ args: ['--tls'], again: gateway })
  gateways[0] = again
  t.is(readFileSync(path, 'utf8'), ca, 'made once, and kept')
  t.is((await peerCertificate(peer)).serialNumber, before.serialNumber)
})

test.serial(
  '--tls in the host layout: issuer and services each under their own name',
  async (t) => {
    const gateway = await started({ environment: { BASE_DOMAIN: 'gw.localhost' } })
    t.is(gateway.url, `https://auth.gw.localhost:${gateway.port}`)
    const ca = readFileSync(authorityOf(gateway), 'utf8')
    const issuer = peerOf(gateway, 'auth.gw.localhost')
    const host = (name: string): string => `${name}:${gateway.port}`
    const metadata = await askTrusted(issuer, '/healthz', ca, host('auth.gw.localhost'))
    t.is(metadata.status, 200)
    const service = peerOf(gateway, 'echo.gw.localhost')
    t.is((await askTrusted(service, '/mcp', ca, host('echo.gw.localhost'))).status, 401)
  },
)
