import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readCertsConfig } from '../../../certs/config.ts'
import { tellExpiry } from '../../../certs/expiry.ts'
import { FOLDERS } from '../../../certs/files.ts'
import { makePlaceholder } from '../../../certs/making.ts'
import { toPair } from '../../../certs/pair.ts'
import { readServed } from '../../../certs/publish.ts'
import { startCertificates } from '../../../certs/room.ts'
import { readStatus } from '../../../certs/status.ts'
import { statusLines } from '../../../cli/start/certificate-lines.ts'
import { type Gateway, readGateway } from '../../../lib/catalogue/gateway.ts'
import type { GatewayListener } from '../../../lib/catalogue/live-gateway.ts'
import { createLog, type Log } from '../../../lib/platform/log.ts'
import { until } from '../../support/gateway-process.ts'

const WAIT_MS_MAX = 30_000
const DAY_MS = 86_400_000
const NOW = Date.now()

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'room-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function gathering(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, log: createLog('test', 'info', { write: (line) => void lines.push(line) }) }
}

/** The room in this process, with a gateway that changes when the test says so. */
async function startRoom(t: ExecutionContext, folder: string, settings: Record<string, string>) {
  const environment = {
    GATEWAY_STATE_DIR: join(folder, 'state'),
    CERTS_SOCKET: join(folder, 'certs.sock'),
    ...settings,
  }
  const read = (yaml: string): Gateway => {
    writeFileSync(join(folder, 'gateway.yaml'), yaml)
    return readGateway(environment, folder)
  }
  let current = read('')
  let listener: GatewayListener = () => {}
  const { log, lines } = gathering()
  const stop = await startCertificates({
    config: readCertsConfig(environment),
    environment,
    workingDirectory: folder,
    live: {
      get current() {
        return current
      },
      onChange(next) {
        listener = next
        return () => {}
      },
      stop() {},
    },
    clock: Date.now,
    log,
  })
  t.teardown(() => stop())
  const certificates = join(folder, 'state/certs')
  return {
    lines,
    stop,
    served: () => readServed(join(certificates, FOLDERS.served)),
    status: () => readStatus(certificates),
    async become(yaml: string): Promise<void> {
      const before = current
      current = read(yaml)
      await listener(current, before)
    },
  }
}

const DEVELOPMENT = {
  GATEWAY_TLS: 'true',
  BASE_DOMAIN: 'gw.localhost',
  PUBLIC_URL: 'https://auth.gw.localhost:8642',
}

test('for development there is a certificate from the first moment, and one authority for good', async (t) => {
  const folder = folderOf(t)
  const first = await startRoom(t, folder, DEVELOPMENT)
  const before = first.served()
  t.true(before?.pair.covers('auth.gw.localhost'))
  t.true(before?.pair.covers('echo.gw.localhost'))
  t.regex(before?.origin ?? '', /^development /)
  t.false(first.lines.some((line) => line.includes('placeholder')))
  await first.stop()
  const again = await startRoom(t, folder, DEVELOPMENT)
  t.is(again.served()?.pair.chain, before?.pair.chain, 'a restart makes nothing new')
  rmSync(join(folder, 'state/certs/authority'), { recursive: true })
  await again.stop()
  const other = await startRoom(t, folder, DEVELOPMENT)
  t.not(other.served()?.origin, before?.origin, 'without its authority it is nobody’s')
})

test('where it cannot write down how things are, it goes on and says so, and writes when it can', async (t) => {
  const folder = folderOf(t)
  const first = await startRoom(t, folder, DEVELOPMENT)
  await first.stop()
  const obstacle = join(folder, 'state/certs/status.json')
  rmSync(obstacle)
  mkdirSync(obstacle)
  const room = await startRoom(t, folder, DEVELOPMENT)
  await room.become('mcpServers: { added: { command: "true" } }')
  await until(() => room.served()?.pair.covers('added.gw.localhost') === true, WAIT_MS_MAX)
  const told = room.lines.filter((line) => line.includes('cannot be written'))
  t.is(told.length, 1, 'once')
  t.regex(told[0] ?? '', /"level":"error".*status\.json/)
  rmSync(obstacle, { recursive: true })
  await until(() => room.status()?.names.includes('added.gw.localhost') === true, WAIT_MS_MAX)
  t.is(room.status()?.fault, null)
})

test('a service that comes gets its name at once', async (t) => {
  const room = await startRoom(t, folderOf(t), DEVELOPMENT)
  await room.become('mcpServers: { added: { command: "true" } }')
  await until(() => room.served()?.pair.covers('added.gw.localhost') === true, WAIT_MS_MAX)
  t.is(room.status()?.fault, null)
  t.true(room.status()?.names.includes('added.gw.localhost'))
})

test('a served pair for other names gives way to a placeholder', async (t) => {
  const folder = folderOf(t)
  const near = await startRoom(t, folder, DEVELOPMENT)
  await near.stop()
  const far = await startRoom(t, folder, {
    PUBLIC_URL: 'https://gw.example',
    GITHUB_CLIENT_ID: 'id',
    ALLOWED_GITHUB_USERS: 'octocat',
    TLS_CERTIFICATE_FOLDER: join(folder, 'nothing'),
  })
  t.is(far.served()?.origin, 'placeholder')
  t.true(far.served()?.pair.covers('gw.example'))
  t.true(far.lines.some((line) => line.includes('a placeholder is served')))
  await until(() => far.status()?.fault !== null, WAIT_MS_MAX)
  t.true(far.status()?.placeholder)
})

test('a service that comes under a certificate of the operator’s is told to be missing there', async (t) => {
  const folder = folderOf(t)
  const { certificate, key } = await makePlaceholder(
    ['auth.gw.localhost', 'echo.gw.localhost'],
    NOW,
  )
  writeFileSync(join(folder, 'tls.crt'), certificate)
  writeFileSync(join(folder, 'tls.key'), key)
  const room = await startRoom(t, folder, {
    ...{ BASE_DOMAIN: 'gw.localhost', PUBLIC_URL: 'https://auth.gw.localhost:8642' },
    ...{ TLS_CERTIFICATE_FOLDER: folder, MCP_EVERYTHING_ENABLED: 'false' },
    ...{
      MCP_FETCHS_ENABLED: 'false',
      MCP_FILESYSTEM_ENABLED: 'false',
      MCP_MEMORY_ENABLED: 'false',
    },
    MCP_SEQUENTIALTHINKING_ENABLED: 'false',
  })
  t.deepEqual(room.status()?.missing_names, [])
  await room.become('mcpServers: { added: { command: "true" } }')
  t.deepEqual(room.status()?.missing_names, ['added.gw.localhost'])
  t.true(room.lines.some((line) => /"level":"warn".*"names":\["added\.gw\.localhost"\]/.test(line)))
})

test('an end that comes near is told in the log, one that has come louder', async (t) => {
  const now = Date.now()
  const { certificate, key } = await makePlaceholder(['a.example'], now)
  const pair = toPair(certificate, key)
  const said = (days: number): string => {
    const { log, lines } = gathering()
    tellExpiry(pair, now + days * DAY_MS, log)
    return lines.join('')
  }
  t.is(said(20), '')
  t.regex(said(25), /"level":"warn".*the certificate ends soon/)
  t.regex(said(31), /"level":"error".*the certificate has expired/)
})

test('status tells it in a line, and what is wrong in another', (t) => {
  const status = {
    source: 'acme',
    placeholder: false,
    names: ['a.example', 'b.example'],
    not_before: '2026-11-01T00:00:00.000Z',
    not_after: '2026-12-01T00:00:00.000Z',
    fault: null,
    next_attempt: '2026-11-21T00:00:00.000Z',
  } as const
  const now = Date.parse('2026-11-28T12:00:00Z')
  t.deepEqual(statusLines(status, now), [
    'certificate: from an ACME authority for a.example, b.example, valid until 2026-12-01T00:00:00.000Z (2 days left)',
  ])
  t.deepEqual(statusLines({ ...status, fault: 'lego: no' }, Date.parse('2026-12-02T00:00:00Z')), [
    'certificate: from an ACME authority for a.example, b.example, EXPIRED at 2026-12-01T00:00:00.000Z',
    '  no newer one: lego: no; asked again at 2026-11-21T00:00:00.000Z',
  ])
  t.deepEqual(statusLines({ ...status, missing_names: ['c.example'] }, now).slice(1), [
    '  not for c.example: clients refuse it there',
  ])
  t.regex(
    statusLines(status, Date.parse('2026-10-31T00:00:00Z'))[0] ?? '',
    /b\.example, NOT VALID before 2026-11-01T00:00:00\.000Z$/,
  )
  t.regex(statusLines({ ...status, placeholder: true }, now)[0] ?? '', /none yet .* clients refuse/)
  t.deepEqual(statusLines(null, now), [])
})
