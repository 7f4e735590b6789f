/** Whether the configuration still is what this gateway was started with. */

import { changedSections, type Section } from '../../lib/catalogue/changes.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Context } from '../context.ts'
import type { ConfigurationStatus } from '../instance/status.ts'
import { readConfiguration } from './configuration.ts'

/** Taken up while running, by the authorization server alone. */
const LIVE: readonly Section[] = ['access']

/** Reads it anew; never fails, since whoever asks wants to know just that. */
export function toConfigurationStatus(
  started: Gateway,
  context: Pick<Context, 'environment' | 'workingDirectory'>,
): ConfigurationStatus {
  const path = started.configurationPath
  try {
    const changed = changedSections(started, readConfiguration(context).gateway)
    const needsRestart = changed.filter((section) => !LIVE.includes(section))
    return { path, faults: [], changed, needs_restart: needsRestart }
  } catch (error) {
    const faults = error instanceof ConfigError ? error.faults : [String(error)]
    return { path, faults, changed: [], needs_restart: [] }
  }
}
