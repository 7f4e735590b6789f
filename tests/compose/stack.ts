/** The containers of one project: the command line of `docker compose`, and what it tells. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Surroundings } from './surroundings.ts'

const ROOT = join(import.meta.dirname, '../..')
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const HEALTHY_MS_MAX = 180_000
const LOOK_MS = 500

const runFile = promisify(execFile)

export interface Container {
  readonly name: string
  /** Of `compose.yaml`. */
  readonly service: string
  readonly state: string
  /** Empty where it has no health check. */
  readonly health: string
  readonly exitCode: number
}

export interface Stack {
  readonly project: string
  /** `docker compose …` in this project; answers stdout. */
  compose(...args: readonly string[]): Promise<string>
  /** The same, with these lines on stdin. */
  feed(lines: readonly string[], args: readonly string[]): Promise<string>
  /** All, also those that have ended. */
  containers(): Promise<Container[]>
  /** @throws Error that names who is not well, with its last lines. */
  untilHealthy(): Promise<void>
  /** Other images of the same: built, and used from now on. */
  upgrade(tag: string): Promise<void>
  /** Kills what a container runs, as a crash would; the engine starts it again. */
  kill(container: Container): Promise<void>
}

/** `docker …`; answers stdout. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await runFile('docker', args, { maxBuffer: OUTPUT_BYTES_MAX })).stdout
}

export function createStack(project: string, surroundings: Surroundings): Stack {
  const { environmentFile, overrideFile } = surroundings
  const prefix = [
    ...['compose', '--project-directory', ROOT, '-p', project, '--env-file', environmentFile],
    ...['-f', join(ROOT, 'compose.yaml'), '-f', overrideFile],
  ]
  // Nothing of ours must stand in for what `.env` says.
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  const compose: Stack['compose'] = async (...args) =>
    (await runFile('docker', [...prefix, ...args], { env, maxBuffer: OUTPUT_BYTES_MAX })).stdout
  const containers: Stack['containers'] = async () =>
    (await compose('ps', '--all', '--format', 'json')).trim().split('\n').map(toContainer)
  return {
    project,
    compose,
    async feed(lines, args) {
      const running = runFile('docker', [...prefix, ...args], { env, maxBuffer: OUTPUT_BYTES_MAX })
      running.child.stdin?.end(lines.map((line) => `${line}\n`).join(''))
      return (await running).stdout
    },
    containers,
    async untilHealthy() {
      for (let waited = 0; waited < HEALTHY_MS_MAX; waited += LOOK_MS) {
        if ((await containers()).every(isWell)) return
        await sleep(LOOK_MS)
      }
      throw new Error(await describe(compose, await containers()))
    },
    async upgrade(tag) {
      env['GATEWAY_IMAGE_TAG'] = tag
      await compose('build', '--quiet')
    },
    async kill({ name }) {
      // Not `docker kill`, which is an order to stop: the engine must find it dead.
      await docker('exec', name, 'sh', '-c', 'kill -KILL -1').catch(() => {
        // The shell dies with the others.
      })
    },
  }
}

function toContainer(line: string): Container {
  const told = JSON.parse(line) as Record<string, string | number>
  return {
    name: String(told['Name']),
    service: String(told['Service']),
    state: String(told['State']),
    health: String(told['Health'] ?? ''),
    exitCode: Number(told['ExitCode']),
  }
}

/** What is there to do something once has done it. */
export function isWell({ state, health, exitCode }: Container): boolean {
  if (state === 'exited') return exitCode === 0
  return state === 'running' && (health === 'healthy' || health === '')
}

async function describe(
  compose: Stack['compose'],
  containers: readonly Container[],
): Promise<string> {
  const ill = containers.filter((one) => !isWell(one))
  const told = ill.map(async ({ service, state, health }) => {
    const lines = await compose('logs', '--no-log-prefix', '--tail', '5', service)
    return `${service} is ${state} ${health}:\n${lines}`
  })
  return `not healthy after ${HEALTHY_MS_MAX / 1000} s\n${(await Promise.all(told)).join('\n')}`
}
