/** What every command is given: the environment with `.env` behind it, a place, and where to write. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Command } from 'commander'
import { GATEWAY_VARIABLES } from '../lib/catalogue/gateway.ts'
import type { Clock } from '../lib/platform/clock.ts'
import { type Environment, readEnvironment } from '../lib/platform/environment.ts'
import { CliError } from './cli-error.ts'
import type { Output, Stdin } from './output.ts'

export interface Context {
  /** Completed by `.env`. */
  readonly environment: Environment
  /** What was really set, without `.env`; unset where that is the same. */
  readonly shell?: Environment
  readonly workingDirectory: string
  readonly stdin: Stdin
  readonly output: Output
  readonly clock: Clock
  /** The folder that holds the rooms' folders. */
  readonly rooms: string
}

/** A command is made with a way to get its context, which is known once the options are read. */
export type CommandMaker = (context: () => Context) => Command

/** Set where the environment is complete as it is: `.env` may be another account's there. */
export const COMPLETE = 'GATEWAY_ENVIRONMENT_COMPLETE'

/** The environment completed by `.env` in the working directory; what is really set wins. */
export function loadEnvironment(own: Environment, workingDirectory: string): Environment {
  if (own[COMPLETE] === 'true') return own
  const path = join(workingDirectory, '.env')
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return own
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, {
      nextStep: 'run it as the account that starts the gateway, or in another folder',
    })
  }
  return { ...parseEnvText(decodeEnv(bytes, path)), ...own }
}

/** Bytes that are no text would not come out as they went in. @throws CliError for them. */
export function decodeEnv(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CliError(`${path} is not UTF-8.`, {
      nextStep: 'save it as UTF-8, then again',
    })
  }
}

/** What a `.env` sets. Editors of Windows write a byte-order mark, which would be part of the first name. */
export function parseEnvText(text: string): NodeJS.Dict<string> {
  return parseEnv(text.replace(/^\uFEFF/, ''))
}

/** In the container of `docker compose run --rm setup`: nobody there may ask Docker. */
export function isInContainer({ environment }: Pick<Context, 'environment'>): boolean {
  return environment['GATEWAY_SETUP_FOR'] === 'compose'
}

/** The state directory, known even when the rest of the configuration is at fault. */
export function stateDirectoryOf({
  environment,
  workingDirectory,
}: Pick<Context, 'environment' | 'workingDirectory'>): string {
  const { GATEWAY_STATE_DIR } = GATEWAY_VARIABLES
  const values = readEnvironment({ GATEWAY_STATE_DIR }, environment)
  return resolve(workingDirectory, values.GATEWAY_STATE_DIR)
}
