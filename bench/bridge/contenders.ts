/** Who stands between HTTP and the same stdio servers: ours, what people use, and the yardstick. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOM_ALLOCATOR, ROOM_NODE_ARGS } from '../../cli/supervisor/room-memory.ts'
import { BRIDGE_NODE_ARGS } from '../../cli/supervisor/room-parts.ts'
import type { Isolation } from '../../lib/catalogue/service-definition.ts'
import { toIdentityHeaders } from '../../lib/oauth/identity-headers.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { freePort } from '../../tests/support/free-port.ts'
import { type RunningProcess, startProcess, waitForSocket, waitUntil } from '../edge/processes.ts'
import type { Address } from './connection.ts'
import type { Door } from './mcp-session.ts'
import type { PeerName, Peers } from './peers.ts'
import type { Command, World } from './world.ts'

export const CONTENDERS = ['ours', 'pipe', 'pipe-tcp', 'supergateway', 'mcp-proxy', 'seed'] as const
export type ContenderName = (typeof CONTENDERS)[number]

export interface Contender {
  readonly name: ContenderName
  readonly pid: number
  readonly door: Door
  /** To the server of `busyWith`, where there is one. */
  readonly busyDoor?: Door | undefined
  /** As an operator does it. */
  stop(): Promise<void>
  /** As a power cut does it. */
  kill(): Promise<void>
}

export interface ContenderOptions {
  readonly server: Command
  readonly world: World
  readonly peers: Peers
  /** Of ours: the others have no choice. */
  readonly isolation?: Isolation
  readonly spares?: number
  /** Of ours: another server beside it. */
  readonly busyWith?: Command
  /** For Node, before the program. */
  readonly nodeOptions?: readonly string[]
}

export async function startContender(
  name: ContenderName,
  options: ContenderOptions,
): Promise<Contender> {
  const folder = mkdtempSync(join(options.world.folder, 'c-'))
  const start = toStart(name)
  const { door, busyDoor, process } = await start({ ...options, folder })
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    await process[how]()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    name,
    pid: process.pid,
    door,
    busyDoor,
    stop: () => end('stop'),
    kill: () => end('kill'),
  }
}

type Start = (options: ContenderOptions & { readonly folder: string }) => Promise<{
  readonly door: Door
  readonly busyDoor?: Door | undefined
  readonly process: RunningProcess
}>

function toStart(name: ContenderName): Start {
  switch (name) {
    case 'ours':
      return startOurs
    case 'pipe':
    case 'pipe-tcp':
      return (options) => startPipe(options, name === 'pipe')
    default:
      return (options) => startPeer(name, options)
  }
}

const MAIN = join(import.meta.dirname, '../../mcp-bridge/main.ts')
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/compiled')
const SERVICE = 'bench'
const BUSY_SERVICE = 'busy'
const EDGE_SECRET = randomText()
/** Sessions of one person are bounded, and one bench has many. */
const personOf = (number: number): string => `dev:person-${number}`

const startOurs: Start = async ({
  world,
  folder,
  server,
  isolation,
  spares,
  busyWith,
  nodeOptions = [],
}) => {
  const socket = join(folder, 'b.sock')
  const service = { ...toService(server), isolation, ...(spares !== undefined && { spares }) }
  const mcpServers = {
    [SERVICE]: service,
    ...(busyWith && { [BUSY_SERVICE]: toService(busyWith) }),
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ mcpServers }))
  const process_ = startProcess(
    [process.execPath, ...ROOM_NODE_ARGS, ...BRIDGE_NODE_ARGS, ...nodeOptions, MAIN],
    {
      cores: world.cores,
      workingDirectory: folder,
      environment: {
        ...environment(folder),
        GATEWAY_STATE_DIR: join(folder, 'state'),
        // As the supervisor starts it.
        NODE_COMPILE_CACHE: COMPILED,
        ...ROOM_ALLOCATOR,
        LOG_LEVEL: 'warn',
        REDIS_URL: world.storeUrl,
        MCP_BRIDGE_SOCKET: socket,
        MCP_BRIDGE_EDGE_SECRET: EDGE_SECRET,
        // One store for all of them: none waits for a lease of the one before.
        MCP_BRIDGE_INSTANCE: `bench-${randomText(4)
          .toLowerCase()
          .replaceAll(/[^a-z0-9]/g, '0')}`,
        USER_SECRETS_KEY: randomText(32),
        GATEWAY_MARKER: `bench-${process.pid}`,
      },
    },
  )
  await waitForSocket(socket, process_)
  const headers = (number: number) => ({
    ...toIdentityHeaders({
      userId: personOf(number),
      userName: 'person',
      clientId: 'client-1',
      scopes: ['mcp'],
      grantId: '1-grant',
      tokenId: `token-${number}`,
      expiresAt: 4_000_000_000,
    }),
    'x-gateway-edge': EDGE_SECRET,
    'x-request-id': '5f0c1a52-6a0e-4a4c-9b58-6f4f8a1f3d11',
  })
  const doorOf = (name: string): Door => ({
    address: { path: socket },
    path: `/${name}/mcp`,
    headers,
  })
  return {
    door: doorOf(SERVICE),
    busyDoor: busyWith && doorOf(BUSY_SERVICE),
    process: process_,
  }
}

function toService([command, ...args]: Command): object {
  return { command, args }
}

const PIPE = join(import.meta.dirname, 'bare-pipe.ts')

async function startPipe(
  { world, folder, server }: Parameters<Start>[0],
  isUnix: boolean,
): ReturnType<Start> {
  const socket = join(folder, 'p.sock')
  const port = isUnix ? 0 : await freePort()
  const running = startProcess(
    [process.execPath, PIPE, isUnix ? socket : String(port), ...server],
    {
      cores: world.cores,
      workingDirectory: folder,
      environment: environment(folder),
    },
  )
  const address = isUnix ? { path: socket } : { host: '127.0.0.1', port }
  await waitForListener(address, running)
  return { door: { address, path: '/mcp', headers: () => ({}) }, process: running }
}

async function startPeer(
  name: PeerName,
  { world, folder, server, peers }: Parameters<Start>[0],
): ReturnType<Start> {
  const peer = peers.get(name)
  if (peer === undefined) throw new Error(`${name} is not installed`)
  const port = await freePort()
  const running = startProcess(peer.commandLine(port, server), {
    cores: world.cores,
    workingDirectory: folder,
    environment: environment(folder),
  })
  const address = { host: '127.0.0.1', port }
  await waitForListener(address, running)
  return { door: { address, path: peer.path, headers: () => ({}) }, process: running }
}

function environment(folder: string): Readonly<Record<string, string>> {
  const home = join(folder, 'home')
  mkdirSync(home)
  return { PATH: `${join(process.execPath, '..')}:/usr/local/bin:/usr/bin:/bin`, HOME: home }
}

async function waitForListener(address: Address, running: RunningProcess): Promise<void> {
  await waitUntil(`a listener on ${JSON.stringify(address)}`, async () => {
    const how = running.ending()
    if (how !== undefined) throw new Error(how)
    return await accepts(address)
  })
  // What starts to listen may still have something to do.
  await sleep(100)
}

async function accepts(address: Address): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createConnection(address, () => resolve(true))
  socket.once('error', () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
