/** The program that writes Envoy's files, in front of an Envoy that refuses: whoever asks for the status hears of it. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { publishConfiguration } from '../../../cli/start/publish-configuration.ts'
import { FILES } from '../../../envoy/bootstrap.ts'
import { COPIES_VARIABLE, copiesOf } from '../../../lib/catalogue/copies.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { until } from '../../support/gateway-process.ts'
import { serveOn } from '../../support/serve-on.ts'

const MS_MAX = 30_000
const PROGRAM = join(import.meta.dirname, '../../../envoy/main.ts')

const folder = mkdtempSync(join(tmpdir(), 'refused-change-'))
const environment = {
  GATEWAY_STATE_DIR: join(folder, 'state'),
  ENVOY_FOLDER: join(folder, 'envoy'),
  ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
  OAUTH_SERVER_SOCKETS: join(folder, 'o.sock'),
  EXT_AUTHZ_SOCKETS: join(folder, 'a.sock'),
  MCP_BRIDGE_SOCKETS: join(folder, 'b.sock'),
  ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
}
const started = readGateway(environment, folder)
const published = publishConfiguration({
  environment,
  workingDirectory: folder,
  clock: Date.now,
  started,
  onRecord: () => {},
  install: async () => {},
})
published.watch()

const routes = (): string => readFileSync(join(environment.ENVOY_FOLDER, FILES.routes), 'utf8')
const serves = (service: string): boolean => {
  try {
    return routes().includes(`/${service}/mcp`)
  } catch {
    // Not written yet.
    return false
  }
}

/** Tells of every file either that it has taken it, or that it has refused one more. */
let takes = false
let refused = 0
const envoy = await serveOn(environment.ENVOY_ADMIN_SOCKET, (url) => {
  const [, name = ''] = /filter=\^(.+?)\.$/.exec(decodeURIComponent(url).replaceAll('\\', '')) ?? []
  const file = name.startsWith('cluster') ? FILES.clusters : FILES.routes
  refused += 1
  const { version_info: held } = JSON.parse(
    readFileSync(join(environment.ENVOY_FOLDER, file), 'utf8'),
  ) as { version_info: string }
  return takes ? `${name}.version_text: "${held}"\n` : `${name}.update_rejected: ${refused}\n`
})

const { folder: copies } = copiesOf(started.stateDirectory)
const writer = spawn(process.execPath, [PROGRAM, '--watch'], {
  cwd: folder,
  env: { ...environment, [COPIES_VARIABLE]: copies },
  stdio: 'ignore',
})
test.after.always(async () => {
  writer.kill('SIGKILL')
  published.stop()
  await envoy.stop()
  rmSync(folder, { recursive: true, force: true })
})

const configure = (service: string): void =>
  writeFileSync(join(folder, 'gateway.yaml'), `mcpServers: { ${service}: { command: tool } }\n`)

test('what Envoy refuses is a fault of the configuration until it takes what comes next', async (t) => {
  await until(() => serves('echo'), MS_MAX)
  configure('refused')
  await until(() => published.refused !== undefined, MS_MAX)
  t.regex(String(published.refused?.faults), /^Envoy refuses the routes/)
  t.false(serves('refused'))
  takes = true
  configure('taken')
  // A change voids what was told of the one before, also while it is on its way.
  await until(() => published.refused === undefined && serves('taken'), MS_MAX)
  t.pass()
})
