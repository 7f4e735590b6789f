/**
 * `<state>/run.json`: which process runs this gateway, and where its sockets are.
 *
 * The socket folder follows XDG_RUNTIME_DIR and TMPDIR, which differ between a desktop, ssh and
 * cron; whoever asks must find the gateway under any of them.
 */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { SOCKET_NAMES, socketFolder } from '../../lib/platform/unix-socket.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'

export interface Run {
  readonly pid: number
  readonly sockets: string
  /** Of this start: tells two that began at the same moment apart. */
  readonly id: string
}

const runPath = (stateDirectory: string): string => join(stateDirectory, 'run.json')

export function writeRun(stateDirectory: string, run: Run): void {
  writeWhole(runPath(stateDirectory), JSON.stringify(run))
}

export function removeRun(stateDirectory: string): void {
  rmSync(runPath(stateDirectory), { force: true })
}

function source(stateDirectory: string): string {
  return readFileSync(runPath(stateDirectory), 'utf8')
}

export function readRun(stateDirectory: string): Run | undefined {
  try {
    const { pid, sockets, id } = JSON.parse(source(stateDirectory)) as Partial<Run>
    if (typeof pid !== 'number' || typeof sockets !== 'string' || typeof id !== 'string') {
      return undefined
    }
    return { pid, sockets, id }
  } catch {
    // Absent, or of a machine that lost power while writing: then nobody says where.
    return undefined
  }
}

/** Where the control socket of this state directory may be, the recorded place first. */
export function controlSockets(stateDirectory: string, environment: Environment): string[] {
  const folders = [readRun(stateDirectory)?.sockets, socketFolder(stateDirectory, environment)]
  const named = folders.filter((folder) => folder !== undefined)
  return [...new Set(named)].map((folder) => join(folder, SOCKET_NAMES.control))
}
