/** The store of both servers, kept on the disk as the gateway keeps its own. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../cli/embedded/find-program.ts'
import { VALKEY } from '../../cli/embedded/program.ts'
import { createProgress } from '../../cli/embedded/progress.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { LOAD_CORE, type PinnedProcess, startPinned } from './processes.ts'

export interface Program {
  readonly path: string
  readonly version: string
}

/** `VALKEY_BIN`, PATH, or the wheel that a start of the gateway would fetch. */
export async function findValkey(environment: Environment): Promise<Program> {
  return await findProgram(VALKEY, {
    environment,
    stateDirectory: join(import.meta.dirname, '../../.gateway'),
    progress: createProgress(process, Date.now),
  })
}

export interface Store extends PinnedProcess {
  readonly socket: string
}

export async function startStore(
  valkey: Program,
  folder: string,
  appendfsync: string,
): Promise<Store> {
  const socket = join(folder, 'valkey.sock')
  const data = join(folder, 'data')
  mkdirSync(data)
  const options = {
    port: '0',
    unixsocket: socket,
    dir: data,
    appendonly: 'yes',
    appendfsync,
    save: '',
    // What is written before a round would have it rewritten in the middle of one.
    'auto-aof-rewrite-percentage': '0',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const running = await startPinned([valkey.path, ...args], socket, {
    core: LOAD_CORE,
    workingDirectory: folder,
  })
  return { ...running, socket }
}
