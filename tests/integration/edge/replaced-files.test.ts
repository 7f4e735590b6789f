/** What Envoy reads is replaced while it runs: it says what it has taken, and what it refuses goes back. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { FILES } from '../../../envoy/bootstrap.ts'
import { readEnvoyConfig } from '../../../envoy/config.ts'
import { renderFiles } from '../../../envoy/render.ts'
import { replaceFiles } from '../../../envoy/replace-files.ts'
import { askEnvoyAt } from '../../../envoy/taken.ts'
import { writeFiles } from '../../../envoy/write-files.ts'
import { type Gateway, readGateway } from '../../../lib/catalogue/gateway.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'replaced-'))
const [port, adminPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
const environment = {
  GATEWAY_PORT: String(port),
  GATEWAY_ADMIN_PORT: String(adminPort),
  GATEWAY_METRICS_PORT: String(metricsPort),
  ENVOY_FOLDER: folder,
  ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
  ENVOY_PLAIN_PORT: String(await freePort()),
  OAUTH_SERVER_SOCKETS: join(folder, 'o.sock'),
  EXT_AUTHZ_SOCKETS: join(folder, 'a.sock'),
  MCP_BRIDGE_SOCKETS: join(folder, 'b.sock'),
  ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
}
const gateway = readGateway(environment, folder)
const render = (now: Gateway) => new Map(renderFiles(now, readEnvoyConfig(environment)))
const withService = (name: string): Gateway => {
  const [service] = gateway.services.values()
  if (service === undefined) throw new Error('no service')
  return { ...gateway, services: new Map([...gateway.services, [name, service]]) }
}
const lines: string[] = []
const log = createLog('test', 'info', { write: (line: string) => void lines.push(line) })
const replace = (files: ReadonlyMap<string, object>, at = environment.ENVOY_ADMIN_SOCKET) =>
  replaceFiles({ folder, files, askEnvoy: askEnvoyAt(at), log })
const last = (): string => lines.at(-1) ?? ''
const placed = (file: string): string => readFileSync(join(folder, file), 'utf8')
/** 503, where a room would be asked that is not there; 404, where nothing leads. */
const statusOf = async (path: string): Promise<number> =>
  (await fetch(`http://localhost:${port}${path}`)).status

writeFiles(folder, render(gateway))
const envoy = spawn(
  process.env['ENVOY_BIN'] ?? 'envoy',
  ['-c', join(folder, FILES.bootstrap), '--disable-hot-restart', '--concurrency', '1', '-l', 'off'],
  { stdio: 'ignore' },
)
test.after.always(() => {
  envoy.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
test.before(async () => {
  await until(
    () =>
      statusOf('/echo/mcp').then(
        (status) => status === 503,
        () => false,
      ),
    20_000,
  )
})

test.serial(
  'a service that comes: Envoy has taken the routes, and no other file has moved',
  async (t) => {
    const before = statSync(join(folder, FILES.listeners)).ino
    t.is(await statusOf('/newcomer/mcp'), 404)
    await replace(render(withService('newcomer')))
    t.regex(last(), /"file":"rds\.json".*Envoy has taken the change/)
    t.is(await statusOf('/newcomer/mcp'), 503)
    t.is(statSync(join(folder, FILES.listeners)).ino, before)
    t.is(statSync(join(folder, FILES.routes)).mode & 0o777, 0o600)
    const count = lines.length
    await replace(render(withService('newcomer')))
    t.is(lines.length, count, 'the same again is nothing to do')
  },
)

test.serial(
  'what Envoy refuses is told and taken back; what comes after it is taken',
  async (t) => {
    const before = placed(FILES.routes)
    const files = render(gateway)
    files.set(FILES.routes, { version_info: 'bad', resources: [{ name: 'gateway', nonsense: 1 }] })
    t.false(await replace(files))
    t.regex(last(), /"level":"error".*Envoy refuses the change: the routes of before stay in force/)
    t.is(placed(FILES.routes), before)
    t.is(await statusOf('/newcomer/mcp'), 503)
    t.true(await replace(render(gateway)))
    t.regex(last(), /Envoy has taken the change/)
    t.is(await statusOf('/newcomer/mcp'), 404)
  },
)

test.serial('each file that can change while Envoy runs is asked for', async (t) => {
  for (const file of [FILES.clusters, FILES.routes, FILES.plainRoutes]) {
    const files = render(gateway)
    const { resources } = files.get(file) as { resources: object[] }
    files.set(file, { version_info: `another ${file}`, resources })
    const count = lines.length
    await replace(files)
    const own = lines.slice(count).filter((line) => line.includes(`"file":"${file}"`))
    t.is(own.length, 1, file)
    t.regex(own[0] ?? '', /Envoy has taken the change/)
  }
})

test.serial('another listener would cut streams: it waits for another start', async (t) => {
  const before = placed(FILES.listeners)
  const files = render(gateway)
  files.set(FILES.listeners, { version_info: 'other', resources: [] })
  await replace(files)
  t.is(placed(FILES.listeners), before)
})

test.serial('without an Envoy that answers the files are there for its start', async (t) => {
  await replace(render(withService('another')), join(folder, 'nobody.sock'))
  t.regex(last(), /"level":"warn".*does not say/)
  t.true(placed(FILES.routes).includes('/another/mcp'))
})
