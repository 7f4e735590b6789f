/** Whether the configuration still is what this gateway was started with. */

import { changedSections, needsRestart, type Section } from '../../lib/catalogue/changes.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Context } from '../context.ts'
import type { ConfigurationStatus } from '../instance/status.ts'
import { newSecretNames } from '../supervisor/part-environment.ts'
import { readConfiguration, readConfigurationAgain } from './configuration.ts'

type Place = Pick<Context, 'environment' | 'workingDirectory'>

/**
 * Reads it anew; never fails, since whoever asks wants to know just that.
 * @param refused why a file that is good in itself was not taken up.
 */
export function toConfigurationStatus(
  started: Gateway,
  place: Place,
  refused: readonly string[] = [],
): ConfigurationStatus {
  const path = started.configurationPath
  let now = started
  const faults = faultsOf(() => {
    now = readConfigurationAgain(place)
  })
  const changed: readonly Section[] = changedSections(started, now)
  const waiting = changed.filter(needsRestart)
  const restartFaults = waiting.length > 0 ? faultsOf(() => readConfiguration(place)) : []
  return {
    path,
    faults: [...refused, ...faults],
    changed,
    needs_restart: waiting,
    secrets_at_restart: newSecretNames(started.services, now.services),
    restart_faults: restartFaults,
  }
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}
