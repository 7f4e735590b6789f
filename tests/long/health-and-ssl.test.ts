/** `gateway health` and `gateway ssl` beside a gateway with TLS of its own, and in front of bad certificates. */

import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import type { SslReport } from '../../cli/certificates/ssl-report.ts'
import type { Report } from '../../cli/doctor/report.ts'
import type { HealthReport } from '../../cli/health/health-report.ts'
import { type Authority, type Certificate, createAuthority } from '../support/certificates.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { createGatewayCommand, type GatewayCommand } from '../support/gateway-command.ts'

let gateway: TestGateway
let command: GatewayCommand
let authority: Authority

test.before(async (t) => {
  t.timeout(240_000)
  authority = createAuthority()
  gateway = await startGateway({ args: ['--tls'], readyMsMax: 200_000 })
  command = createGatewayCommand(gateway.folder)
})

test.after.always(async () => {
  authority?.remove()
  await gateway?.remove()
})

const pidOf = async (name: string): Promise<number> => {
  const { parts } = await command.json<{ parts: { name: string; pid: number }[] }>(['status'])
  return parts.find((part) => part.name === name)?.pid ?? 0
}

test.serial('health: everything it depends on is asked', async (t) => {
  const { exitCode, stdout } = await command(['health', '--json'])
  const report = JSON.parse(stdout) as HealthReport
  t.deepEqual(
    report.checks.filter(({ status }) => status !== 'ok'),
    [],
  )
  t.is(exitCode, 0)
  t.like(report, { live: true, ready: true, where: 'embedded' })
  t.deepEqual(report.checks.map(({ name }) => name).toSorted(), [
    ...['certificate', 'certs', 'edge', 'envoy', 'envoy-files', 'ext-authz-1', 'mcp-bridge-1'],
    ...['oauth-server-1', 'signing-keys', 'store'],
  ])
  const near = await command.json<HealthReport>(['health', '--days', '4000'])
  t.true(near.ready, 'near its end it serves')
  t.is(near.checks.find(({ name }) => name === 'certificate')?.status, 'warning')
})

test.serial(
  'health: a part that hangs is named, by exit code too; that it lives is another question',
  async (t) => {
    t.timeout(60_000)
    const pid = await pidOf('oauth-server-1')
    process.kill(pid, 'SIGSTOP')
    try {
      const { exitCode, stdout, stderr } = await command(['health', '--json'])
      t.is(exitCode, 1)
      const report = JSON.parse(stdout) as HealthReport
      t.false(report.ready)
      t.is(report.checks.find(({ name }) => name === 'oauth-server-1')?.status, 'failing')
      t.is(report.checks.find(({ name }) => name === 'store')?.status, 'ok')
      t.regex(stderr, /Not ready: .*oauth-server-1/)
      t.is((await command(['health', '--live'])).exitCode, 0)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  },
)

test.serial('ssl: what the files hold, what Envoy has loaded, what is shown', async (t) => {
  const report = await command.json<SslReport>(['ssl'])
  t.like(report, { ok: true, problems: [], renewal: { source: 'development', fault: null } })
  t.like(report.files, { chain_fits: true, key_matches: true })
  const [leaf] = report.files?.chain ?? []
  t.true(leaf?.names.includes('localhost'))
  t.true((leaf?.days_left ?? 0) > 30)
  t.deepEqual(
    report.loaded?.map(({ serial }) => serial),
    [leaf?.serial],
  )
  t.is(report.served.length, 1)
  t.like(report.served[0], { name: 'localhost', fault: null, same_as_files: true })
  const printed = await command(['ssl'])
  t.regex(printed.stdout, /^until {5}\S+ \(\d+ days left\)$/m)
  t.notRegex(printed.stdout + JSON.stringify(report), /PRIVATE KEY/)
  const near = await command(['ssl', '--days', '4000'])
  t.is(near.exitCode, 1)
  t.regex(near.stdout, /✗ localhost: it ends in \d+ days/)
})

test.serial(
  'doctor: the authority for development is known to it, and the certificate is checked',
  async (t) => {
    t.timeout(60_000)
    const report = await command.json<Report>(['doctor', '--client', 'typescript-sdk'])
    t.deepEqual(
      report.findings.filter(({ status }) => status !== 'passed'),
      [],
    )
    t.true(report.findings.some(({ check }) => check === 'certificate'))
  },
)

async function serve(t: ExecutionContext, certificate: Certificate): Promise<string> {
  const server = createServer(certificate, (_, response) => response.writeHead(401).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}/mcp`
}

const failuresOf = async (url: string): Promise<(string | null)[][]> => {
  const { stdout, exitCode } = await command(['doctor', url, '--client', 'claude', '--json'])
  const { findings } = JSON.parse(stdout) as Report
  const failed = findings.filter(({ status }) => status === 'failed')
  return [...failed.map(({ check, fault }) => [check, fault]), [`exit ${exitCode}`]]
}

test.serial(
  'a certificate that is foreign, expired or for another name is named as that',
  async (t) => {
    t.timeout(60_000)
    const foreign = await serve(t, authority.issue(['localhost']))
    t.deepEqual(await failuresOf(foreign), [['certificate', 'incomplete_chain'], ['exit 1']])
    const untrusted = await command(['ssl', foreign])
    t.is(untrusted.exitCode, 1)
    t.regex(untrusted.stdout, /✗ localhost: the authority is not known/)

    const before = getCACertificates('default')
    setDefaultCACertificates([...before, authority.cert.toString()])
    t.teardown(() => setDefaultCACertificates(before))
    const expired = await serve(t, authority.issue(['localhost'], 'expired'))
    t.deepEqual(await failuresOf(expired), [['certificate', 'expired'], ['exit 1']])
    t.regex((await command(['ssl', expired])).stdout, /✗ localhost: the certificate has expired/)
    const other = await serve(t, authority.issue(['other.example']))
    t.deepEqual(await failuresOf(other), [['certificate', 'wrong_name'], ['exit 1']])
    const near = await serve(t, authority.issue(['localhost']))
    const { stdout } = await command(['doctor', near, '--client', 'claude', '--json'])
    const { findings } = JSON.parse(stdout) as Report
    t.like(
      findings.find(({ check }) => check === 'certificate'),
      { status: 'warning', fault: 'near_end' },
    )
  },
)

test.serial('neither says anything of a gateway that does not run', async (t) => {
  await gateway.stop()
  for (const name of ['health', 'ssl', 'doctor']) {
    const { exitCode, stderr } = await command([name])
    t.is(exitCode, 3, name)
    t.regex(stderr, /No gateway runs/)
  }
})
