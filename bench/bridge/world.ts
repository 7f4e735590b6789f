/** What all bridges of a run share: a folder, a store, the programs they stand in front of. */

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type RunningProcess, startProcess, waitForSocket } from '../edge/processes.ts'

export interface World {
  readonly folder: string
  /** A list as `taskset -c` takes it, for all but the load. */
  readonly cores: string
  readonly storeUrl: string
  readonly servers: Servers
}

/** A command line. */
export type Command = readonly [string, ...string[]]

export interface Servers {
  readonly tiny: Command
  readonly everything: Command
  /** In Python; undefined where it could not be installed. */
  readonly time: Command | undefined
}

const SOURCE = join(import.meta.dirname, 'tiny-server.c')

/** @throws Error in one sentence where there is no compiler. */
export function compileTinyServer(folder: string): Command {
  const program = join(folder, 'tiny-server')
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', program, SOURCE], {
    encoding: 'utf8',
  })
  if (error) {
    throw new Error(
      'this benchmark needs a C compiler named cc (Debian: apt install gcc libc6-dev)',
    )
  }
  if (status !== 0) throw new Error(`cc refuses ${SOURCE}: ${stderr}`)
  return [program]
}

export function everythingServer(): Command {
  const found = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/package.json',
  )
  return [process.execPath, join(dirname(found), 'dist/index.js'), 'stdio']
}

/** Kept on the disk as the gateway keeps its own. */
export async function startStore(
  program: string,
  folder: string,
  cores: string,
): Promise<RunningProcess & { readonly url: string }> {
  const data = join(folder, 'data')
  const socket = join(folder, 'valkey.sock')
  mkdirSync(data)
  const options = {
    port: '0',
    unixsocket: socket,
    dir: data,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const running = startProcess([program, ...args], { cores, workingDirectory: data })
  await waitForSocket(socket, running)
  return { ...running, url: `unix://${socket}` }
}
