/** `gateway add image:…`: what an image starts, tried in a container, and what Compose needs to start it. */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomText } from '../../../lib/platform/seal.ts'
import { writeWhole } from '../../../lib/platform/whole-file.ts'
import { CliError } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { runQuietly } from '../../embedded/run-quietly.ts'
import { changeEnvFile } from '../../setup/env-file.ts'
import { envFilePath, readEnvFile, writeEnvFile } from '../../setup/env-file-place.ts'
import {
  COMPOSE_OWN,
  composeFiles,
  hasContainer,
  type ImageContainer,
  withContainer,
  withoutContainer,
} from './compose-file.ts'

const REMOVE_MS_MAX = 30_000

/** Runs `attempt` with the name of a container that is gone afterwards, also when docker itself was ended. */
export async function withTrialContainer<T>(
  { environment }: Pick<Context, 'environment'>,
  attempt: (container: string) => Promise<T>,
): Promise<T> {
  const container = `gateway-trial-${randomText(6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`
  try {
    return await attempt(container)
  } finally {
    // That there is none any more is how it should be.
    await runQuietly(['docker', 'rm', '--force', container], environment, {
      timeoutMs: REMOVE_MS_MAX,
    })
  }
}

/**
 * Before the entry itself: a bridge that takes it up must find the container.
 *
 * @returns what puts both files back as they were.
 * @throws CliError with neither of them changed.
 */
export function writeContainer(
  { workingDirectory }: Pick<Context, 'workingDirectory'>,
  name: string,
  container: ImageContainer,
): () => void {
  const path = join(workingDirectory, COMPOSE_OWN)
  const envPath = envFilePath(workingDirectory)
  const before = { compose: readText(path), env: readEnvFile(envPath) }
  const files = composeFiles(before.env.values['COMPOSE_FILE'])
  const env = changeEnvFile(before.env, new Map([['COMPOSE_FILE', files]]))
  const takeBack = (): void => {
    if (before.compose === '') rmSync(path, { force: true })
    else write(path, before.compose)
    if (before.env.text === '') rmSync(envPath, { force: true })
    else writeEnvFile(envPath, before.env)
  }
  write(path, withContainer(before.compose, name, container))
  try {
    writeEnvFile(envPath, env)
  } catch (error) {
    takeBack()
    throw error
  }
  return takeBack
}

/** @returns whether there was one. */
export function removeContainer(
  { workingDirectory }: Pick<Context, 'workingDirectory'>,
  name: string,
): boolean {
  const path = join(workingDirectory, COMPOSE_OWN)
  const text = readText(path)
  if (!hasContainer(text, name)) return false
  write(path, withoutContainer(text, name))
  return true
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

function write(path: string, text: string): void {
  try {
    writeWhole(path, text)
  } catch (cause) {
    throw new CliError(`${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
