/**
 * The edge alone: real Envoy, real ext-authz and a real Valkey, in front of a server that answers with
 * what reached it. Tokens are minted by a key of the test's own, published as oauth-server does.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { toSeconds } from '../../lib/platform/clock.ts'
import { PUBLIC_KEYS_KEY, type PublicJwk } from '../../lib/store/public-keys.ts'
import { type Revocations, redisRevocations } from '../../lib/store/revocations.ts'
import { freePort } from './free-port.ts'
import { startValkey, type Valkey } from './valkey.ts'

const ROOT = join(import.meta.dirname, '../..')
/** EDGE_LOG=1 shows what the processes say. */
const OUTPUT = process.env['EDGE_LOG'] === undefined ? 'ignore' : 'inherit'

export const EDGE_SECRET = 'edge-secret-of-the-test'

export interface Edge {
  readonly port: number
  readonly adminPort: number
  readonly adminSocket: string
  readonly metricsPort: number
  readonly issuer: string
  readonly valkey: Valkey
  readonly revocations: Revocations
  /** The first process. */
  readonly extAuthz: ChildProcess
  /** To start it once more. */
  readonly extAuthzOptions: SpawnOptions
  /** All processes of ext-authz. */
  readonly deciders: readonly Decider[]
  /** Requests that reached the upstream, newest last. */
  readonly reached: Reached[]
  /** What oauth-server does with a store that is empty: an epoch, and the key. */
  prepareStore(): Promise<void>
  /** What Envoy wrote into its access log so far. */
  accessLog(): string
  resourceOf(service: string): string
  mint(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  readonly privateKey: CryptoKey
  readonly publicJwk: PublicJwk
  stop(): Promise<void>
}

/** A process of ext-authz that comes and goes. */
export interface Decider {
  readonly child: ChildProcess
  /** Resolves when it has gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Again, once it has gone. */
  start(): void
}

export interface EdgeOptions {
  /** Of ext-authz. */
  readonly processes?: number
  /** Whether Valkey keeps what it held. */
  readonly persistent?: boolean
}

export interface Reached {
  readonly upstream: 'oauth' | 'bridge'
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** Known once all of the body is there. */
  readonly rawTrailers: readonly string[]
}

export async function startEdge(
  settings: Record<string, string> = {},
  { processes = 1, persistent = false }: EdgeOptions = {},
): Promise<Edge> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  const valkey = await startValkey({ persistent })
  const [port, adminPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const reached: Reached[] = []
  const authz = Array.from({ length: processes }, (_, index) => ({
    EXT_AUTHZ_SOCKET: join(folder, `a${index + 1}.sock`),
    EXT_AUTHZ_ADMIN_SOCKET: join(folder, `a${index + 1}-admin.sock`),
  }))
  const sockets = {
    OAUTH_SERVER_SOCKETS: join(folder, 'o.sock'),
    MCP_BRIDGE_SOCKETS: join(folder, 'b.sock'),
    ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
    EXT_AUTHZ_SOCKETS: authz.map((one) => one.EXT_AUTHZ_SOCKET).join(','),
    EXT_AUTHZ_ADMIN_SOCKETS: authz.map((one) => one.EXT_AUTHZ_ADMIN_SOCKET).join(','),
  }
  const upstreams = [
    await startUpstream('oauth', sockets.OAUTH_SERVER_SOCKETS, reached),
    await startUpstream('bridge', sockets.MCP_BRIDGE_SOCKETS, reached),
  ]
  const redis = await valkey.connect()
  const revocations = redisRevocations(redis)
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const publicJwk = {
    ...(await exportJWK(publicKey)),
    kid: 'test-key',
    alg: 'ES256',
    use: 'sig',
  } as PublicJwk
  const prepareStore = async (): Promise<number> => {
    const begins = await revocations.ensureEpoch()
    await redis.hset(PUBLIC_KEYS_KEY, publicJwk.kid, JSON.stringify(publicJwk))
    return begins
  }
  let notBefore = await prepareStore()

  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    GATEWAY_PORT: String(port),
    GATEWAY_ADMIN_PORT: String(adminPort),
    GATEWAY_METRICS_PORT: String(metricsPort),
    ENVOY_FOLDER: join(folder, 'envoy'),
    ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
    REDIS_URL: valkey.url,
    LOG_LEVEL: 'info',
    ...sockets,
    ...settings,
  }
  const optionsWith = (more: Record<string, string>): SpawnOptions => ({
    cwd: folder,
    env: { ...env, ...more },
    stdio: OUTPUT,
  })
  const node = (file: string, more: Record<string, string>): ChildProcess =>
    spawn(process.execPath, [join(ROOT, file)], optionsWith(more))
  await exited(node('envoy/main.ts', {}))
  const deciders = authz.map((own) => createDecider(() => node('ext-authz/main.ts', own)))
  const [first] = deciders
  const [firstSockets] = authz
  if (first === undefined || firstSockets === undefined) throw new Error('no process of ext-authz')
  const envoy = spawn(
    process.env['ENVOY_BIN'] ?? 'envoy',
    [
      ...['-c', join(folder, 'envoy/bootstrap.json'), '--disable-hot-restart'],
      ...['--concurrency', '1', '--file-flush-interval-msec', '50'],
    ],
    { env: { PATH: env.PATH, ENVOY_EDGE_SECRET: EDGE_SECRET }, stdio: ['ignore', 'pipe', OUTPUT] },
  )
  let accessLog = ''
  envoy.stdout?.setEncoding('utf8').on('data', (text: string) => {
    accessLog += text
  })
  await untilServing(port, adminPort, processes)

  const issuer =
    settings['BASE_DOMAIN'] === undefined
      ? `http://localhost:${port}`
      : `http://auth.${settings['BASE_DOMAIN']}:${port}`
  const resourceOf = (service: string): string =>
    settings['BASE_DOMAIN'] === undefined
      ? `${issuer}/${service}/mcp`
      : `http://${service}.${settings['BASE_DOMAIN']}:${port}/mcp`
  return {
    port,
    adminPort,
    adminSocket: sockets.ENVOY_ADMIN_SOCKET,
    metricsPort,
    issuer,
    valkey,
    revocations,
    extAuthz: first.child,
    extAuthzOptions: optionsWith(firstSockets),
    deciders,
    reached,
    async prepareStore() {
      notBefore = await prepareStore()
    },
    accessLog: () => accessLog,
    resourceOf,
    privateKey,
    publicJwk,
    async mint(claims = {}, header = {}) {
      const now = Math.max(toSeconds(Date.now()), notBefore)
      return await new SignJWT({
        iss: issuer,
        sub: 'dev:alice',
        aud: resourceOf('echo'),
        client_id: 'client-1',
        scope: 'mcp',
        jti: randomUUID(),
        iat: now,
        exp: now + 600,
        auth_time: now,
        grant_id: `${Date.now()}-${randomUUID()}`,
        preferred_username: 'alice',
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'test-key', typ: 'at+jwt', ...header })
        .sign(privateKey)
    },
    async stop() {
      envoy.kill('SIGKILL')
      await Promise.all(deciders.map(({ child }) => endAtLast(child)))
      for (const upstream of upstreams) {
        upstream.closeAllConnections()
        upstream.close()
      }
      await valkey.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** More than a room takes to end by itself. */
const END_MS_MAX = 3000

/** As an operator does it, so that it can write what of it ran. */
async function endAtLast(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX)
  await gone
  clearTimeout(late)
}

function createDecider(launch: () => ChildProcess): Decider {
  let child = launch()
  return {
    get child() {
      return child
    },
    async end(signal) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await gone
    },
    start() {
      child = launch()
    },
  }
}

function startUpstream(
  upstream: Reached['upstream'],
  socket: string,
  reached: Reached[],
): Promise<Server> {
  const { promise, resolve } = Promise.withResolvers<Server>()
  const server = createServer((request, response) => {
    const { method = '', url = '', headers, rawHeaders, rawTrailers } = request
    // Envoy's own question, which goes on all the time.
    if (url === '/healthz') {
      response.end()
      return
    }
    const arrived = { upstream, method, url, headers, rawHeaders, rawTrailers }
    reached.push(arrived)
    request.resume().once('end', () => Object.assign(arrived, { rawTrailers: request.rawTrailers }))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ upstream, method, url, headers }))
  })
  server.listen(socket, () => resolve(server))
  return promise
}

async function exited(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('exit', resolve)
  const code = await promise
  if (code !== 0) throw new Error(`exit code ${code}`)
}

/** Envoy takes requests and finds all of ext-authz healthy. */
async function untilServing(port: number, adminPort: number, processes: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      const clusters = await (await fetch(`http://127.0.0.1:${adminPort}/clusters`)).text()
      const healthy = clusters.match(/ext_authz::.*::health_flags::healthy/g) ?? []
      if (healthy.length === processes) return
    } catch {
      // Not listening yet.
    }
    await sleep(50)
  }
  throw new Error(
    `the edge did not come up: ${await (await fetch(`http://127.0.0.1:${adminPort}/clusters`)).text()}`,
  )
}
