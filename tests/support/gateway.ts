/** The whole gateway as a user starts it, on free ports, in a folder of the test's own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const ROOT = join(import.meta.dirname, '../..')
const READY_MS_MAX = 60_000
const STOP_MS_MAX = 10_000
const ONE_OF_EACH = { EXT_AUTHZ_PROCESSES: '1', OAUTH_SERVER_PROCESSES: '1' }

export interface GatewayOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Of `gateway start`. */
  readonly args?: readonly string[]
  /** As many processes of each room as operators get; otherwise one of each, which starts sooner. */
  readonly asShipped?: boolean
  /** The text of `gateway.yaml`. */
  readonly file?: string
  /** Where it runs and listens, when the test has to know before. */
  readonly folder?: string
  readonly port?: number
  /** How long the start may take: packages of services may have to be fetched. */
  readonly readyMsMax?: number
  /** That of an earlier gateway, to start it again on what it left. */
  readonly again?: TestGateway
}

export interface TestGateway {
  readonly url: string
  readonly port: number
  readonly adminPort: number
  readonly metricsPort: number
  /** Where it runs; the state is in `.gateway` below. */
  readonly folder: string
  readonly process: ChildProcess
  readonly startedWithinMs: number
  /** Everything it printed so far. */
  output(): string
  /** By SIGTERM, until it has gone; resolves with the exit code. */
  stop(): Promise<number | null>
  /** As `stop`, and the folder goes too. */
  remove(): Promise<void>
}

export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const { again } = options
  const folder = again?.folder ?? options.folder ?? mkdtempSync(join(tmpdir(), 'gateway-'))
  const port = again?.port ?? options.port ?? (await freePort())
  const adminPort = again?.adminPort ?? (await freePort())
  const metricsPort = again?.metricsPort ?? (await freePort())
  if (options.file !== undefined) writeFileSync(join(folder, 'gateway.yaml'), options.file)
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [join(ROOT, 'cli/main.ts'), 'start', ...(options.args ?? [])],
    {
      cwd: folder,
      env: {
        ...baseEnvironment(),
        GATEWAY_PORT: String(port),
        GATEWAY_ADMIN_PORT: String(adminPort),
        GATEWAY_METRICS_PORT: String(metricsPort),
        ...(options.asShipped === true ? {} : ONE_OF_EACH),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await untilReady(child, () => output, options.readyMsMax ?? READY_MS_MAX)
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    const late = sleep(STOP_MS_MAX, 'late' as const, { ref: false })
    const code = await Promise.race([exited, late])
    if (code !== 'late') return code
    child.kill('SIGKILL')
    throw new Error(`the gateway did not stop within ${STOP_MS_MAX} ms:\n${output}`)
  }
  return {
    url,
    port,
    adminPort,
    metricsPort,
    folder,
    process: child,
    startedWithinMs: performance.now() - startedAt,
    output: () => output,
    stop,
    async remove() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** With what npm and pip need where their registries are behind somebody's own authority, or elsewhere. */
const SHELL =
  /^(?:PATH|HOME|TMPDIR|LANG|XDG_CACHE_HOME|ENVOY_BIN|VALKEY_BIN|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|(?:PIP|UV|npm_config)_\w+|https?_proxy|no_proxy)$/i

/** What a shell has, and where the binaries are; nothing of the gateway's own settings. */
function baseEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => SHELL.test(name)))
}

async function untilReady(
  child: ChildProcess,
  output: () => string,
  readyMsMax: number,
): Promise<string> {
  for (let waited = 0; waited < readyMsMax; waited += 20) {
    const url = /^ready (\S+)$/m.exec(output())?.[1]
    if (url !== undefined) return url
    if (child.exitCode !== null || child.signalCode !== null) break
    await sleep(20)
  }
  child.kill('SIGKILL')
  throw new Error(`the gateway did not become ready:\n${output()}`)
}
