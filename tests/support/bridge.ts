/** A real bridge process on a real unix socket, with a store of its own and services of the test's choice. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { toIdentityHeaders } from '../../lib/oauth/identity-headers.ts'
import { hostedBy, type RunnerProgram, startRunner } from './runner.ts'
import { type FetchLike, socketFetch } from './socket-fetch.ts'
import { startValkey, type Valkey } from './valkey.ts'

const MAIN = join(import.meta.dirname, '../../mcp-bridge/main.ts')
const FIXTURES = join(import.meta.dirname, '../fixtures')
const EDGE_SECRET = 'edge-secret-of-the-tests'
/** As long as it has to be. */
export const USER_SECRETS_KEY = 'the key of user secrets in the tests'

/** For bridges that must not take a slow machine for one that cannot renew its leases. */
export const PATIENT_LEASE_MS = '60000'

export interface Caller {
  readonly user?: string
  readonly name?: string
  readonly client?: string
  readonly grant?: string
  readonly token?: string
  readonly scopes?: readonly string[]
  /** Epoch seconds. */
  readonly expiresAt?: number
}

export type LogLine = Readonly<Record<string, unknown>>

export interface Bridge {
  readonly socket: string
  readonly stateDirectory: string
  /** In the environment of every child, and of whatever a child started. */
  readonly marker: string
  readonly log: readonly LogLine[]
  readonly process: ChildProcess
  readonly valkey: Valkey
  readonly runner: RunnerProgram | undefined
  /** What Envoy would set for this caller. */
  headers(caller?: Caller): Record<string, string>
  fetch(caller?: Caller): FetchLike
  /** Processes of this machine that this bridge, or a child of it, has started. */
  children(): string[]
  /** The same, when nothing is left or five seconds are over. */
  childrenAtLast(): Promise<string[]>
  /** Ends the bridge by a signal; the store stays. */
  end(signal: NodeJS.Signals): Promise<number | null>
  /** Ends the store, the bridge goes on. */
  stopStore(): Promise<void>
  /** Changes the file with the services while the process runs. */
  configure(services: Readonly<Record<string, object>>): void
  /** Another bridge process on the same socket, store and state. */
  again(): Promise<Bridge>
  /** One of another name and socket, beside it. */
  beside(name: string): Promise<Bridge>
  stop(): Promise<void>
}

export interface BridgeOptions {
  /** Whether its store keeps what it has acknowledged. */
  readonly persistent?: boolean
  /** Its processes are started by a runner program beside it. */
  readonly withRunner?: boolean
  readonly services?: Readonly<Record<string, object>>
  readonly environment?: Readonly<Record<string, string>>
}

/** A service definition that runs one of `tests/fixtures`. */
export function fixture(name: string, more: object = {}): object {
  return { command: process.execPath, args: [join(FIXTURES, name)], ...more }
}

export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  const valkey = await startValkey({ persistent: options.persistent === true })
  const config = join(folder, 'gateway.yaml')
  const runner = options.withRunner
    ? await startRunner({ marker: markerOf(folder, 'b'), environment: options.environment ?? {} })
    : undefined
  const configure: Bridge['configure'] = (services) => {
    const mcpServers = runner === undefined ? services : hostedBy(runner, services)
    writeFileSync(config, stringify({ mcpServers }))
  }
  configure(options.services ?? {})
  let storeEnd: Promise<void> | undefined
  const stopStore = (): Promise<void> => {
    storeEnd ??= valkey.stop()
    return storeEnd
  }
  const run = async (name: string): Promise<Bridge> => {
    const environment = { MCP_BRIDGE_INSTANCE: name, ...options.environment }
    const bridge = await launch({ folder, valkey, environment, name })
    return { ...bridge, stopStore, configure, again: () => run(name), beside: run, stop, runner }
  }
  let running: Bridge | undefined
  const stop = async (): Promise<void> => {
    await running?.end('SIGTERM')
    await runner?.stop()
    await stopStore()
    rmSync(folder, { recursive: true, force: true })
  }
  running = await run('b')
  return running
}

function markerOf(folder: string, name: string): string {
  return `test-${process.pid}-${folder.slice(-6)}-${name}`
}

interface Launch {
  readonly folder: string
  readonly valkey: Valkey
  readonly environment: Readonly<Record<string, string>>
  readonly name: string
}

async function launch({
  folder,
  valkey,
  environment,
  name,
}: Launch): Promise<
  Omit<Bridge, 'stopStore' | 'configure' | 'again' | 'beside' | 'stop' | 'runner'>
> {
  const marker = markerOf(folder, name)
  const socket = join(folder, `${name}.sock`)
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOME: process.env['HOME'],
      GATEWAY_STATE_DIR: join(folder, 'state'),
      LOG_LEVEL: 'debug',
      REDIS_URL: valkey.url,
      MCP_BRIDGE_SOCKET: socket,
      MCP_BRIDGE_EDGE_SECRET: EDGE_SECRET,
      USER_SECRETS_KEY,
      GATEWAY_MARKER: marker,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const log: LogLine[] = []
  await readLog(child, log)
  const headers = (caller: Caller = {}): Record<string, string> => identityOf(caller)
  const children = (): string[] => marked(marker)
  return {
    socket,
    stateDirectory: join(folder, 'state'),
    marker,
    log,
    process: child,
    valkey,
    headers,
    fetch: (caller) => socketFetch(socket, headers(caller)),
    children,
    async childrenAtLast() {
      for (let attempt = 0; attempt < 100 && children().length > 0; attempt += 1) await sleep(50)
      return children()
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}

async function readLog(child: ChildProcess, log: LogLine[]): Promise<void> {
  if (child.stdout === null) throw new Error('no log')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.once('exit', () => reject(new Error(`the bridge did not start: ${JSON.stringify(log)}`)))
  createInterface(child.stdout).on('line', (line) => {
    const entry = JSON.parse(line) as LogLine
    log.push(entry)
    if (entry['msg'] === 'ready') resolve()
  })
  await promise
}

function identityOf(caller: Caller): Record<string, string> {
  const headers = toIdentityHeaders({
    userId: caller.user ?? 'dev:ann',
    userName: caller.name ?? 'ann',
    clientId: caller.client ?? 'client-1',
    scopes: caller.scopes ?? ['mcp'],
    grantId: caller.grant ?? '1-grant',
    tokenId: caller.token ?? 'token',
    expiresAt: caller.expiresAt ?? 4_000_000_000,
  })
  return { ...headers, 'x-gateway-edge': EDGE_SECRET, 'x-request-id': 'request-of-the-test' }
}

/** `<pid> <command line>` of what carries the marker. */
function marked(marker: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        if (!environment.split('\0').includes(`MCP_GATEWAY_INSTANCE=${marker}`)) return []
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`]
      } catch {
        return []
      }
    })
}
