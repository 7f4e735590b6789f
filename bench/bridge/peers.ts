/**
 * What people use, in exactly these versions, each in a folder of its own in the cache: they are no
 * dependencies of ours, and their dependencies do not mix.
 */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from '../../cli/embedded/run-quietly.ts'
import { cacheFolders } from '../../cli/embedded/wheel.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import type { Command } from './world.ts'

export const PEERS = ['supergateway', 'mcp-proxy', 'seed'] as const
export type PeerName = (typeof PEERS)[number]

export interface Peer {
  readonly version: string
  readonly path: string
  readonly commandLine: (port: number, server: Command) => Command
}

export type Peers = ReadonlyMap<PeerName, Peer>

export interface Package {
  readonly registry: 'npm' | 'PyPI'
  readonly name: string
  readonly version: string
  /** What must be there once it is installed. */
  readonly program: string
}

export const TIME_SERVER: Package = {
  registry: 'PyPI',
  name: 'mcp-server-time',
  version: '2026.10.19',
  program: 'bin/mcp-server-time',
}

const PACKAGES: Readonly<Record<PeerName, Package>> = {
  supergateway: {
    registry: 'npm',
    name: 'supergateway',
    version: '4.0.0',
    program: 'node_modules/supergateway/dist/index.js',
  },
  'mcp-proxy': {
    registry: 'PyPI',
    name: 'mcp-proxy',
    version: '0.13.0',
    program: 'bin/mcp-proxy',
  },
  seed: {
    registry: 'PyPI',
    name: 'mcp-streamablehttp-proxy',
    version: '0.2.0',
    program: 'bin/mcp-streamablehttp-proxy',
  },
}

/** Quiet, and with one process of the server for each session where that can be had. */
const COMMAND_LINES: Readonly<
  Record<PeerName, (program: string, port: string, server: Command) => Command>
> = {
  supergateway: (program, port, server) => [
    process.execPath,
    program,
    ...['--stdio', server.map(quote).join(' '), '--outputTransport', 'streamableHttp'],
    ...['--stateful', '--port', port, '--logLevel', 'none'],
  ],
  'mcp-proxy': (program, port, server) => [
    program,
    ...['--host', '127.0.0.1', '--port', port, '--log-level', 'ERROR', '--', ...server],
  ],
  seed: (program, port, server) => [
    program,
    ...['--host', '127.0.0.1', '--port', port, '--log-level', 'error', ...server],
  ],
}

/** It hands its command to a shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

export interface InstallOptions {
  readonly environment: Environment
  readonly stateDirectory: string
  /** One line for people. */
  readonly say: (text: string) => void
}

/** Those that could be installed; the others are named. */
export async function findPeers(
  names: readonly PeerName[],
  options: InstallOptions,
): Promise<Peers> {
  const found = new Map<PeerName, Peer>()
  for (const name of names) {
    const wanted = PACKAGES[name]
    const program = await install(wanted, options)
    if (program === undefined) continue
    found.set(name, {
      version: `${wanted.name} ${wanted.version} (${wanted.registry})`,
      path: '/mcp',
      commandLine: (port, server) => COMMAND_LINES[name](program, String(port), server),
    })
  }
  return found
}

const INSTALL_MS_MAX = 10 * 60_000

/** Its program; undefined, and said, when it cannot be had here. */
export async function install(
  wanted: Package,
  { environment, stateDirectory, say }: InstallOptions,
): Promise<string | undefined> {
  const title = `${wanted.name} ${wanted.version}`
  const [cache = stateDirectory] = cacheFolders({ environment, stateDirectory })
  const place = join(cache, 'bench')
  const folder = join(place, `${wanted.name}-${wanted.version}`)
  const program = join(folder, wanted.program)
  const isComplete = join(folder, '.complete')
  if (existsSync(isComplete)) return program
  mkdirSync(place, { recursive: true, mode: 0o700 })
  say(`installing ${title} from ${wanted.registry}`)
  // Environments of Python cannot be moved: unlike a wheel of ours this one is made where it stays.
  rmSync(folder, { recursive: true, force: true })
  const failure = await fill(wanted, folder, environment)
  if (failure === undefined && existsSync(program)) {
    writeFileSync(isComplete, '')
    return program
  }
  rmSync(folder, { recursive: true, force: true })
  say(`${title} cannot be installed here and is left out: ${failure ?? `no ${wanted.program}`}`)
  return undefined
}

/** What went wrong, in the words of the installer. */
async function fill(
  { registry, name, version }: Package,
  folder: string,
  environment: Environment,
): Promise<string | undefined> {
  const steps: readonly Command[] =
    registry === 'npm'
      ? [
          [
            ...(['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'] as const),
            ...['--prefix', folder, `${name}@${version}`],
          ],
        ]
      : [
          ['python3', '-m', 'venv', folder],
          [join(folder, 'bin/pip'), 'install', '--quiet', `${name}==${version}`],
        ]
  for (const step of steps) {
    const run = await runQuietly([...step], environment, { timeoutMs: INSTALL_MS_MAX })
    if (run.exitCode !== 0) return run.stderr.trim().split('\n').at(-1) ?? 'it did not start'
  }
  return undefined
}
