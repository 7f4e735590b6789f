/** Whether the configuration still is what this gateway was started with. */

import { changedSections, type Section } from '../../lib/catalogue/changes.ts'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Context } from '../context.ts'
import type { ConfigurationStatus } from '../instance/status.ts'
import { readConfiguration } from './configuration.ts'

/** Taken up while running, by the authorization server alone. */
const LIVE: readonly Section[] = ['access']

type Place = Pick<Context, 'environment' | 'workingDirectory'>

/** Reads it anew; never fails, since whoever asks wants to know just that. */
export function toConfigurationStatus(started: Gateway, place: Place): ConfigurationStatus {
  const path = started.configurationPath
  let changed: readonly Section[] = []
  const faults = faultsOf(() => {
    changed = changedSections(started, readGateway(place.environment, place.workingDirectory))
  })
  const needsRestart = changed.filter((section) => !LIVE.includes(section))
  const restartFaults = needsRestart.length > 0 ? faultsOf(() => readConfiguration(place)) : []
  return { path, faults, changed, needs_restart: needsRestart, restart_faults: restartFaults }
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}
