/** The status of a gateway that runs without containers, as it tells it itself. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { ServiceProcess } from '../instance/service-processes.ts'
import { toCells } from '../instance/service-processes.ts'
import { type ConfigurationStatus, type GatewayStatus, isServing } from '../instance/status.ts'
import { toTable } from '../output.ts'
import { statusLines } from '../start/certificate-lines.ts'
import { peopleStatusLine } from '../start/people-lines.ts'
import { certificateSteps, connectSteps, stepLines, switchedOffLines } from './next-steps.ts'

export function renderStatus(
  status: GatewayStatus,
  processes: readonly ServiceProcess[],
  clock: Clock,
): string[] {
  const now = clock()
  const parts = status.parts.map((part) => [
    part.name,
    part.state,
    part.pid === null ? '-' : String(part.pid),
    toAge(now - Date.parse(part.since)),
    String(part.restarts),
    part.last_exit ?? '-',
  ])
  const versions = Object.entries(status.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${status.public_url} (process ${status.pid}, up ${toAge(now - Date.parse(status.since))}, state in ${status.state_directory})`,
    versions.join(', '),
    ...statusLines(status.certificate, now),
    peopleStatusLine(status.people),
    ...status.cautions,
    ...configurationLines(status.configuration),
    '',
    ...toTable([['PART', 'STATE', 'PID', 'SINCE', 'RESTARTS', 'LAST EXIT'], ...parts]),
    '',
    ...toTable([
      ['SERVICE', 'PROCESSES', 'SESSIONS', 'MEMORY', 'URL'],
      ...status.services.map(({ name, url }) => [name, ...toCells(processes, name), url]),
    ]),
    ...switchedOffLines(status.switched_off),
    ...stepLines(nextSteps(status, now)),
  ]
}

/** What a person should do; the command that shows how to connect where nothing is wrong. */
export function nextSteps(status: GatewayStatus, now: number): string[] {
  const { parts, configuration, certificate, services } = status
  const { path, faults, needs_restart, secrets_at_restart, restart_faults } = configuration
  const failing = parts.filter((part) => !isServing(part))
  const waits = needs_restart.length + secrets_at_restart.length > 0
  const steps = [
    ...failing.map(({ name }) => `See why ${name} does not serve: npm run gateway logs ${name}`),
    ...(faults.length > 0 ? [`Correct ${path}.`] : []),
    ...(restart_faults.length > 0 ? ['Correct what another start would refuse.'] : []),
    ...(waits && restart_faults.length === 0
      ? ['Start again: npm run gateway stop, npm start.']
      : []),
    ...certificateSteps(certificate, 'npm run gateway logs certs', now),
  ]
  return steps.length > 0 ? steps : connectSteps(services)
}
function configurationLines(configuration: ConfigurationStatus): string[] {
  const { path, faults, changed, needs_restart, secrets_at_restart, restart_faults } = configuration
  const inForce = changed.filter((section) => !needs_restart.includes(section))
  const paragraphs: [boolean, string, readonly string[]][] = [
    [faults.length > 0, `${path} is bad now; what was read before stays in force:`, faults],
    [inForce.length > 0, `Changed since the start, and in force: ${inForce.join(', ')}.`, []],
    [
      needs_restart.length > 0,
      `Changed, and in force only after another start: ${needs_restart.join(', ')}.`,
      [],
    ],
    [
      secrets_at_restart.length > 0,
      `Services have these secrets only after another start: ${secrets_at_restart.join(', ')}.`,
      [],
    ],
    [restart_faults.length > 0, 'That start would refuse:', restart_faults],
  ]
  return paragraphs
    .filter(([applies]) => applies)
    .flatMap(([, head, lines]) => ['', head, ...lines.map((line) => `  ${line}`)])
}

function toAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h`
}
