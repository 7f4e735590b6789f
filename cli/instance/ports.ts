/** Are the ports free, and if not, who has them: asked before anything is started. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { CliError } from '../cli-error.ts'
import { processIds } from './leftovers.ts'

export interface PortUse {
  readonly variable:
    | 'GATEWAY_PORT'
    | 'GATEWAY_ADMIN_PORT'
    | 'GATEWAY_METRICS_PORT'
    | 'GATEWAY_HTTP_PORT'
  readonly port: number
  readonly addresses: readonly string[]
}

/** Envoy shares a port with whoever else allows it, in silence: so this asks for it alone. */
export async function requireFreePorts(uses: readonly PortUse[]): Promise<void> {
  for (const use of uses) {
    for (const address of use.addresses) {
      const code = await tryListen(use.port, address)
      if (code !== undefined) throw refusal(use, address, code)
    }
  }
}

/** One to try in the place of this. */
export function anotherPort(port: number): number {
  return port > 64_000 ? port - 100 : port + 100
}

function refusal({ variable, port }: PortUse, address: string, code: string): CliError {
  const nextStep = `${variable}=${anotherPort(port)} npm start`
  if (code === 'EACCES')
    return new CliError(`This account may not listen on port ${port} (${variable}).`, { nextStep })
  if (code === 'EADDRINUSE') {
    const holder = findHolder(port)
    const whom =
      holder === undefined ? 'another program' : `process ${holder.pid} (${holder.command})`
    return new CliError(`Port ${port} (${variable}) is in use by ${whom}.`, { nextStep })
  }
  return new CliError(`Port ${port} (${variable}) cannot be had on ${address}: ${code}.`, {
    nextStep,
  })
}

/** The code of what keeps this account from listening there, or undefined. */
export function tryListen(port: number, host: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  server.listen({ port, host, exclusive: true, ipv6Only: host.includes(':') }, () => {
    server.close(() => resolve(undefined))
  })
  return promise
}

/** Whether this machine has the IPv6 loopback address. */
export async function hasIpv6Loopback(): Promise<boolean> {
  return (await tryListen(0, '::1')) === undefined
}

const LISTENING = '0A'

/** Linux tells which socket listens (/proc/net/tcp) and whose it is (/proc/PID/fd). */
export function findHolder(port: number): { pid: number; command: string } | undefined {
  const sockets = new Set(listenersOn(port))
  if (sockets.size === 0) return undefined
  const pid = processIds().find((one) => openFiles(one).some((file) => sockets.has(file)))
  return pid === undefined ? undefined : { pid, command: commandOf(pid) }
}

/** Whether somebody listens, as far as the system tells (Linux). */
export function isListenedOn(port: number): boolean {
  return listenersOn(port).length > 0
}

function listenersOn(port: number): string[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listeners(path, port))
}

function listeners(path: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return readOrEmpty(path)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`)
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readLinkOrEmpty(`/proc/${pid}/fd/${name}`))
  } catch {
    return []
  }
}

function commandOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`)
    .replaceAll(/[\0-\x20\x7f]+/g, ' ')
    .trim()
    .slice(0, 80)
}

function readLinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
