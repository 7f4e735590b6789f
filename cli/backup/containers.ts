/** The gateway of `compose.yaml`: what lies in this folder is another one's, and what is meant is in volumes. */

import { existsSync } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { COMPLETE, type Context, stateDirectoryOf } from '../context.ts'
import { spawnCompose } from '../docker/spawn-compose.ts'
import { type FoundGateway, findRunning } from '../instance/find-running.ts'
import { isUp } from '../status/compose-status.ts'

export type Containers = Extract<FoundGateway, { kind: 'compose' }>

/**
 * Undefined where the gateway of this folder has none, or runs without them.
 * @throws CliError where Docker cannot say, or they are there and stopped: which gateway is meant is not guessed.
 */
export async function findContainers(context: Context): Promise<Containers | undefined> {
  if (context.environment[COMPLETE] === 'true') return undefined
  const found = await findRunning(context)
  if (found?.kind !== 'compose') return undefined
  if (isUp({ parts: found.containers })) return found
  // Both may be there, from before.
  if (existsSync(stateDirectoryOf(context))) return undefined
  throw new CliError('The gateway runs in containers here, and they are stopped.', {
    nextStep: 'docker compose up -d, then again',
  })
}

/** Of compose.yaml: it has the store, the keys and the files of services, and nothing runs in it. */
const SERVICE = 'cli'

export interface Streams {
  readonly stdin?: Readable
  /** What it prints is dropped otherwise. */
  readonly stdout?: Writable
}

/**
 * The same command line, in a container of the project.
 * @param args of `gateway`, which is told to speak JSON.
 * @returns what it told of itself: on stdout, or where that is taken on stderr.
 * @throws CliError with its own words.
 */
export async function runInProject(
  context: Context,
  args: readonly string[],
  streams: Streams = {},
): Promise<unknown> {
  const told = await run(context, [SERVICE, '--json', ...args], streams)
  const failure = failureIn(told.stderr)
  if (failure !== undefined) {
    const { message, next_step: nextStep } = failure
    const exitCode = told.exitCode === EXIT_CODE.usage ? EXIT_CODE.usage : EXIT_CODE.failed
    throw new CliError(message, { exitCode, ...(nextStep !== undefined && { nextStep }) })
  }
  if (told.exitCode !== 0) throw broken(told)
  return JSON.parse(told.stdout === '' ? (jsonLines(told.stderr).at(-1) ?? 'null') : told.stdout)
}

/** A line of shell there. @throws CliError */
export async function shellInProject(
  context: Context,
  line: string,
  stdin?: Readable,
): Promise<void> {
  const args = ['--entrypoint', 'sh', SERVICE, '-c', line]
  const told = await run(context, args, stdin === undefined ? {} : { stdin })
  if (told.exitCode !== 0) throw broken(told)
}

interface Told {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(
  context: Context,
  args: readonly string[],
  { stdin = Readable.from([]), stdout }: Streams,
): Promise<Told> {
  const { child, exit } = spawnCompose(context, ['run', '--rm', '-T', '--no-deps', ...args])
  const fed = pipeline(stdin, child.stdin).catch(() => {})
  const printed =
    stdout === undefined ? text(child.stdout) : pipeline(child.stdout, stdout).then(() => '')
  const [exitCode, out, stderr] = await Promise.all([exit, printed, text(child.stderr), fed])
  return { exitCode, stdout: out, stderr }
}

function broken({ exitCode, stderr }: Told): CliError {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return new CliError(`docker compose run ${SERVICE} failed (exit code ${exitCode}): ${last}`, {
    nextStep: 'docker compose build, if its images are older than this code; gateway status',
  })
}

const failureLine = z.object({
  error: z.object({
    message: z.string(),
    next_step: z.string().nullish(),
    faults: z.array(z.string()).nullish(),
  }),
})

function failureIn(
  stderr: string,
): { readonly message: string; readonly next_step?: string | undefined } | undefined {
  for (const line of jsonLines(stderr)) {
    const { data } = failureLine.safeParse(JSON.parse(line))
    if (data === undefined) continue
    const { message, next_step, faults } = data.error
    return {
      message: [message, ...(faults ?? [])].join('\n  '),
      next_step: next_step ?? undefined,
    }
  }
  return undefined
}

function jsonLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => {
    try {
      return line.startsWith('{') && JSON.parse(line) !== null
    } catch {
      return false
    }
  })
}

/** @throws CliError when the gateway that serves here runs in containers. */
export async function requireNoContainers(context: Context): Promise<void> {
  if ((await findContainers(context)) === undefined) return
  throw new CliError(
    `The gateway runs in containers here; ${stateDirectoryOf(context)} is of another one.`,
    { nextStep: 'BACKUP_NIGHTLY=true in .env, then docker compose up -d: a container makes them' },
  )
}
