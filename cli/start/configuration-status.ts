/** Whether the configuration still is what this gateway was started with. */

import { createHash } from 'node:crypto'
import { changedSections, needsRestart, type Section } from '../../lib/catalogue/changes.ts'
import { whyLost } from '../../lib/catalogue/configuration-watch.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Context } from '../context.ts'
import type { ConfigurationStatus } from '../instance/status.ts'
import { newSecretNames } from '../supervisor/part-environment.ts'
import { readConfiguration, readConfigurationAgain } from './configuration.ts'
import type { Published } from './publish-configuration.ts'

type Place = Pick<Context, 'environment' | 'workingDirectory'>

/**
 * Reads it anew; never fails, since whoever asks wants to know just that.
 * @param published what is in force, and what was refused though it is good in itself.
 */
export function toConfigurationStatus(
  started: Gateway,
  place: Place,
  { current, refused }: Pick<Published, 'current' | 'refused'> = {
    current: started,
    refused: undefined,
  },
): ConfigurationStatus {
  const path = started.configurationPath
  let read = started
  const faults = faultsOf(() => {
    const lost = whyLost(path, current.configurationText)
    if (lost !== undefined) throw new ConfigError([lost])
    read = readConfigurationAgain(place)
  })
  // Of a text that is not there any more nobody wants to hear.
  if (refused?.text === read.configurationText) faults.unshift(...refused.faults)
  // What is at fault is neither in force nor waits for anything.
  const now = faults.length > 0 ? started : read
  const changed: readonly Section[] = changedSections(started, now)
  const waiting = changed.filter(needsRestart)
  const restartFaults = waiting.length > 0 ? faultsOf(() => readConfiguration(place)) : []
  return {
    path,
    sha256: hashOf(current.configurationText),
    faults,
    changed,
    needs_restart: waiting,
    secrets_at_restart: newSecretNames(started.services, now.services),
    restart_faults: restartFaults,
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function faultsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    return error instanceof ConfigError ? [...error.faults] : [String(error)]
  }
}
