/** What the supervisor tells Prometheus: how the parts fare that it keeps alive. */

import { createFigures, type Figures } from '../../lib/platform/figures.ts'
import { isReady, type PartStatus } from '../instance/status.ts'

/** What is looked at whenever somebody asks, each by the figures that tell it. */
export interface SupervisorSources {
  readonly parts: () => readonly PartStatus[]
  /** Names of those that serve and answer. */
  readonly serving: () => Promise<ReadonlySet<string>>
  readonly versions: () => Readonly<Record<string, string>>
  /** How many; reads the configuration. */
  readonly configurationFaults: () => number
}

export function createSupervisorFigures({
  parts,
  serving,
  versions,
  configurationFaults,
}: SupervisorSources): Figures {
  const figures = createFigures()
  figures.gauges('ready', 'Whether of each room a process answers: 1, or 0.', [], async () => {
    const names = await serving()
    return [[[], Number(isReady(parts(), ({ name }) => names.has(name)))]]
  })
  figures.gauges(
    'part_ready',
    'Whether a part serves and answers: 1, or 0.',
    ['part'],
    async () => {
      const names = await serving()
      return parts().map(({ name }) => [[name], Number(names.has(name))])
    },
  )
  figures.totals(
    'part_restarts_total',
    'How often a part was started again after it had ended by itself.',
    ['part'],
    () => parts().map(({ name, restarts }) => [[name], restarts]),
  )
  figures.gauge(
    'configuration_faults',
    'What is wrong with gateway.yaml as it is now; what was read before stays in force.',
    configurationFaults,
  )
  figures.gauges(
    'build_info',
    'Versions of what runs; always 1.',
    ['gateway', 'node', 'envoy', 'valkey'],
    () => {
      const { gateway = '', node = '', envoy = '', valkey = '' } = versions()
      return [[[gateway, node, envoy, valkey], 1]]
    },
  )
  return figures
}
