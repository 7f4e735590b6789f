/** Asks Docker Compose of this folder's project. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'

const DEADLINE_MS = 20_000
const BYTES_MAX = 16 * 1024 * 1024

const execute = promisify(execFile)

export interface DockerCompose {
  /** What `docker compose ps --all --format json` prints. */
  ps(): Promise<string>
  /** Names of the services that the project has, without those that a profile leaves out. */
  services(): Promise<readonly string[]>
  /** What a file in a container of the service holds; undefined where it cannot be read. */
  read(service: string, path: string): Promise<string | undefined>
}

export function isComposeFolder(folder: string): boolean {
  return existsSync(join(folder, 'compose.yaml'))
}

/** @returns undefined where there is no project, no Docker, or none that answers. */
export async function findDockerCompose(
  folder: string,
  environment: Environment,
): Promise<DockerCompose | undefined> {
  if (!isComposeFolder(folder)) return undefined
  const run = async (args: readonly string[]): Promise<string> => {
    const { stdout } = await execute('docker', ['compose', ...args], {
      cwd: folder,
      env: { ...environment },
      timeout: DEADLINE_MS,
      maxBuffer: BYTES_MAX,
    })
    return stdout
  }
  const told = async (args: readonly string[]): Promise<string> => {
    try {
      return await run(args)
    } catch (cause) {
      throw new CliError(`docker compose ${args[0]} failed: ${firstLineOf(cause)}`, {
        nextStep: 'docker compose config, docker info',
        cause,
      })
    }
  }
  if (!(await answers(folder, environment))) return undefined
  return {
    ps: () => told(['ps', '--all', '--format', 'json']),
    services: async () => (await told(['config', '--services'])).split('\n').filter(Boolean),
    read: async (service, path) => {
      try {
        return await run(['exec', '-T', service, 'cat', path])
      } catch {
        // The container is not there, or not yet.
        return undefined
      }
    },
  }
}

/** The program alone is not enough: only the engine tells its version. */
async function answers(folder: string, environment: Environment): Promise<boolean> {
  const ask = (args: readonly string[]): Promise<unknown> =>
    execute('docker', args, { cwd: folder, env: { ...environment }, timeout: DEADLINE_MS })
  try {
    await Promise.all([
      ask(['version', '--format', '{{.Server.Version}}']),
      ask(['compose', 'version']),
    ])
    return true
  } catch {
    return false
  }
}

function firstLineOf(error: unknown): string {
  const { stderr, message, killed } = error as Error & {
    readonly stderr?: string
    readonly killed?: boolean
  }
  if (killed) return `no answer within ${DEADLINE_MS / 1000} s`
  return (stderr?.trim() || message).split('\n')[0] ?? ''
}
