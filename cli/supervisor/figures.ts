/** What the supervisor tells Prometheus: how the parts fare that it keeps alive. */

import { createFigures, type Figures } from '../../lib/platform/figures.ts'
import { type GatewayStatus, isServing } from '../instance/status.ts'

export function createSupervisorFigures(status: () => GatewayStatus): Figures {
  const figures = createFigures()
  figures.gauge('ready', 'Whether everything is served: 1, or 0.', () => Number(status().ready))
  figures.gauges('part_ready', 'Whether a part serves: 1, or 0.', ['part'], () =>
    status().parts.map((part) => [[part.name], Number(isServing(part))]),
  )
  figures.totals(
    'part_restarts_total',
    'How often a part was started again after it had ended by itself.',
    ['part'],
    () => status().parts.map(({ name, restarts }) => [[name], restarts]),
  )
  figures.gauge(
    'configuration_faults',
    'What is wrong with gateway.yaml as it is now; what was read before stays in force.',
    () => status().configuration.faults.length,
  )
  figures.gauges(
    'build_info',
    'Versions of what runs; always 1.',
    ['gateway', 'node', 'envoy', 'valkey'],
    () => {
      const { gateway = '', node = '', envoy = '', valkey = '' } = status().versions
      return [[[gateway, node, envoy, valkey], 1]]
    },
  )
  return figures
}
