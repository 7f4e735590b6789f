/**
 * Processes of a predecessor that was killed before it could end them.
 *
 * The watchdog ends them within seconds; a new start does not wait for that. They are told by their
 * marker (Linux: /proc; elsewhere the watchdog alone does it).
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export const MARKER_NAME = 'MCP_GATEWAY_INSTANCE'

/** The first part of every marker of one state directory; a start adds its own part to it. */
export function instanceOf(stateDirectory: string): string {
  return createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16)
}

/** Ids of processes whose marker begins with this instance, our own and our parents' left out. */
export function findLeftovers(instance: string): number[] {
  const own = new Set([process.pid, ...ancestors(process.ppid)])
  return processIds().filter((pid) => !own.has(pid) && carries(pid, instance))
}

/** SIGTERM, then SIGKILL after `graceMs`. Resolves with how many there were. */
export async function endLeftovers(instance: string, graceMs: number): Promise<number> {
  const found = findLeftovers(instance)
  signalAll(found, 'SIGTERM')
  for (let waited = 0; waited < graceMs && findLeftovers(instance).length > 0; waited += 50) {
    await sleep(50)
  }
  signalAll(findLeftovers(instance), 'SIGKILL')
  return found.length
}

/** Whether this process lives and has started what bears our mark: a gateway that runs (Linux; elsewhere false). */
export function isSupervising(pid: number, instance: string): boolean {
  // Whoever loses its parent is given another one.
  return findLeftovers(instance).some((part) => parentOf(part) === pid)
}

/** Whether a signal has stopped it (SIGTSTP of Ctrl-Z, SIGSTOP), so that it does nothing (Linux; elsewhere false). */
export function isSuspended(pid: number): boolean {
  return /^State:\s*T/m.test(readProc(pid, 'status'))
}

export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function carries(pid: number, instance: string): boolean {
  const beginning = `${MARKER_NAME}=${instance}`
  return readProc(pid, 'environ')
    .split('\0')
    .some((entry) => entry === beginning || entry.startsWith(`${beginning}.`))
}

function ancestors(pid: number): number[] {
  const parent = parentOf(pid)
  return parent > 0 ? [pid, ...ancestors(parent)] : [pid]
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readProc(pid, 'status'))?.[1] ?? 0)
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // Gone meanwhile, or somebody else's.
    return ''
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone meanwhile.
    }
  }
}
