/** `gateway.yaml` as it will be: judged as a whole before it takes the place of the one that is there. */

import { lstatSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import { isThere, readSource } from '../../lib/catalogue/gateway-file.ts'
import { collectFaults } from '../../lib/platform/environment.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'

type Place = Pick<Context, 'environment' | 'workingDirectory'>

export interface ConfigurationFile {
  readonly path: string
  /** Empty where there is none. */
  readonly text: string
}

/** Where a file did not exist before; containers of other accounts read it too, and secrets are not in it. */
const NEW_FILE_MODE = 0o644

/** As the gateway reads it. @throws CliError when it cannot be read, or is none that the gateway would read. */
export function readConfigurationFile({ environment, workingDirectory }: Place): ConfigurationFile {
  const named = environment['GATEWAY_CONFIG']
  const path = resolve(
    workingDirectory,
    named === undefined || named === '' ? 'gateway.yaml' : named,
  )
  if (!isThere(path)) return { path, text: '' }
  const faults: string[] = []
  const text = collectFaults(() => readSource(path), faults)
  if (text !== undefined) return { path, text }
  throw new CliError(`The configuration was not read: ${faults.join('; ')}.`, {
    nextStep: 'run it as the owner of this file; GATEWAY_CONFIG names another one',
  })
}

/**
 * What the gateway would make of this text.
 * @throws ConfigError with what it would refuse.
 */
export function judge({ text }: ConfigurationFile, place: Place): Gateway {
  return readGateway(place.environment, place.workingDirectory, { text })
}

/** Whole or not at all, with the mode that it had. @throws ConfigError when the gateway would refuse it. */
export function writeConfigurationFile(file: ConfigurationFile, place: Place): Gateway {
  const { path } = file
  const gateway = judge(file, place)
  // A link stays one: what it leads to is changed.
  const target =
    lstatSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path)
  const mode = (statSync(target, { throwIfNoEntry: false })?.mode ?? NEW_FILE_MODE) & 0o777
  replace(target, file.text, mode)
  return gateway
}

function replace(path: string, text: string, mode: number): void {
  try {
    writeWhole(path, text, mode)
  } catch (cause) {
    throw new CliError(`${path} cannot be written: ${(cause as Error).message}`, {
      nextStep: 'run it as the owner of this folder',
      cause,
    })
  }
}
