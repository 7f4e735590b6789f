/**
 * Run inside a container, with nothing but Node: tells as JSON what whoever has a shell there can see, reach and do.
 *
 * Arguments: addresses to knock at, each `host:port`.
 */

import { lookup } from 'node:dns/promises'
import { accessSync, constants, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

const KNOCK_MS = 1500

export interface Seen {
  readonly uid: number
  readonly interfaces: readonly string[]
  /** Of the addresses asked for: those that took a connection. */
  readonly reached: readonly string[]
  /** Of the names asked for: those that mean something. */
  readonly resolved: readonly string[]
  readonly sockets: readonly string[]
  /** `Cap…`, `NoNewPrivs` and `Seccomp` of the kernel's status. */
  readonly status: Readonly<Record<string, string>>
  /** Folders in which a file could be made. */
  readonly writable: readonly string[]
  /** Names of environment variables. */
  readonly variables: readonly string[]
  /** What each socket says to a call with a forged identity. */
  readonly forged: Readonly<Record<string, string>>
  /** Status that the way out answers with, by destination; empty without one. */
  readonly out: Readonly<Record<string, number>>
}

const FOLDERS = [
  '/',
  '/app',
  '/bin',
  '/data',
  '/etc',
  '/opt',
  '/run',
  '/run/egress',
  '/usr/lib',
  '/var',
]
const NAMES = ['valkey', 'mcp-bridge', 'oauth-server', 'envoy', 'echo', 'example.com']
const PRIVATE = [
  '169.254.169.254:80',
  '127.0.0.1:80',
  '[::1]:80',
  '10.0.0.1:443',
  '172.17.0.1:80',
  'localhost:443',
  '0x7f000001:80',
  '2852039166:80',
]

function knock(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const at = address.lastIndexOf(':')
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) })
  socket.setTimeout(KNOCK_MS, () => socket.destroy())
  socket.once('connect', () => {
    resolve(true)
    socket.destroy()
  })
  socket.once('error', () => resolve(false))
  socket.once('close', () => resolve(false))
  return promise
}

function* unixSockets(folder: string): Generator<string> {
  for (const entry of listFolder(folder)) {
    const path = join(folder, entry.name)
    if (entry.isSocket()) yield path
    else if (entry.isDirectory() && !['/proc', '/sys', '/app/node_modules'].includes(path)) {
      yield* unixSockets(path)
    }
  }
}

function listFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // Closed to us.
    return []
  }
}

function isWritable(folder: string): boolean {
  const file = join(folder, `.probe-${process.pid}`)
  try {
    accessSync(folder, constants.W_OK)
    writeFileSync(file, '', { flag: 'wx' })
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** As a program would that takes itself for the edge. */
function forge(socketPath: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'x-user-id': 'dev:forged',
    'x-auth-scopes': 'mcp',
    'x-auth-grant': '1-forged',
    'x-auth-expires': '4000000000',
  }
  const options = { socketPath, method: 'POST', path: '/echo/mcp', headers, timeout: KNOCK_MS }
  const asked = request(options, (answer) => {
    resolve(String(answer.statusCode))
    answer.destroy()
  })
  asked.once('timeout', () => asked.destroy(new Error('no answer')))
  asked.once('error', ({ message }) => resolve(message))
  asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }))
  return promise
}

/** What the way out says to a tunnel there. */
function tunnel(socketPath: string, destination: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const asked = request({ socketPath, method: 'CONNECT', path: destination, timeout: 10_000 })
  const told = (answer: { statusCode?: number | undefined }): void =>
    resolve(answer.statusCode ?? 0)
  asked.once('connect', (answer, socket) => {
    told(answer)
    socket.destroy()
  })
  asked.once('response', told)
  asked.once('timeout', () => asked.destroy())
  asked.once('error', () => resolve(0))
  asked.end()
  return promise
}

function readStatus(): Record<string, string> {
  const lines = readFileSync('/proc/self/status', 'utf8').matchAll(
    /^(Cap\w+|NoNewPrivs|Seccomp):\s+(\w+)$/gm,
  )
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
}

async function which<T>(asked: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T[]> {
  const answers = await Promise.all(asked.map(holds))
  return asked.filter((_, index) => answers[index])
}

const egress = process.env['EGRESS_SOCKET']
const sockets = [...unixSockets('/')]
const seen: Seen = {
  uid: process.getuid?.() ?? 0,
  interfaces: Object.keys(networkInterfaces()),
  reached: await which(process.argv.slice(2), knock),
  resolved: await which(NAMES, (name) =>
    lookup(name).then(
      () => true,
      () => false,
    ),
  ),
  sockets,
  status: readStatus(),
  writable: FOLDERS.filter(isWritable),
  variables: Object.keys(process.env),
  forged: Object.fromEntries(
    await Promise.all(sockets.map(async (one) => [one, await forge(one)])),
  ),
  out: Object.fromEntries(
    egress === undefined
      ? []
      : await Promise.all(PRIVATE.map(async (one) => [one, await tunnel(egress, one)])),
  ),
}
console.log(JSON.stringify(seen))
