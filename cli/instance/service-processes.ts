/** What the bridges tell of the processes they run: asked of each that answers. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NUMBERED_SOCKET_NAMES, PROCESSES_MAX } from '../../lib/platform/unix-socket.ts'
import { askSocket } from './ask-socket.ts'

export interface ServiceProcess {
  readonly service: string
  readonly user: string | null
  readonly state: string
  readonly sessions: number
  readonly pid: number | null
  readonly started: string
  readonly memory_bytes: number | null
}

/** @param folder that of the sockets. */
export async function readProcesses(folder: string): Promise<ServiceProcess[]> {
  const sockets = Array.from({ length: PROCESSES_MAX }, (_, index) =>
    join(folder, NUMBERED_SOCKET_NAMES.bridgeAdmin(index + 1)),
  )
  const answers = await Promise.all(sockets.filter((path) => existsSync(path)).map(ask))
  return answers.flat()
}

async function ask(socketPath: string): Promise<readonly ServiceProcess[]> {
  try {
    const { status, body } = await askSocket(socketPath, 'GET', '/processes')
    if (status !== 200) return []
    return (JSON.parse(body) as { processes: ServiceProcess[] }).processes
  } catch {
    // It is ending, or starting: the table of parts says so.
    return []
  }
}

const MIB = 1024 * 1024

/** `[processes, sessions, memory]` of a service, as cells of a table. */
export function toCells(processes: readonly ServiceProcess[], name: string): string[] {
  const own = processes.filter(({ service }) => service === name)
  const known = own.flatMap(({ memory_bytes: bytes }) => bytes ?? [])
  const bytes = sum(known)
  const sessions = sum(own.map((one) => one.sessions))
  const memory = known.length === 0 ? '-' : `${Math.round(bytes / MIB)} MiB`
  return [String(own.length), String(sessions), memory]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
