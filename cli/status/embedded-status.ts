/** The status of a gateway that runs without containers, as it tells it itself. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { HealthCheck } from '../health/health-report.ts'
import type { ServiceProcess } from '../instance/service-processes.ts'
import { toCells } from '../instance/service-processes.ts'
import { type ConfigurationStatus, type GatewayStatus, isServing } from '../instance/status.ts'
import { toTable } from '../output.ts'
import { statusLines } from '../start/certificate-lines.ts'
import { peopleStatusLine } from '../start/people-lines.ts'
import { certificateSteps, connectSteps, stepLines, switchedOffLines } from './next-steps.ts'

/** What others than the supervisor say of themselves, just now. */
export interface Asked {
  readonly processes: readonly ServiceProcess[]
  readonly checks: readonly HealthCheck[]
}

export function renderStatus(
  status: GatewayStatus,
  { processes, checks }: Asked,
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
    ...checkLines(silentOf(status, checks)),
    '',
    ...toTable([
      ['SERVICE', 'PROCESSES', 'SESSIONS', 'MEMORY', 'URL'],
      ...status.services.map(({ name, url }) => [name, ...toCells(processes, name), url]),
    ]),
    ...switchedOffLines(status.switched_off),
    ...stepLines(nextSteps(status, checks, now)),
  ]
}

/** What a person should do; the command that shows how to connect where nothing is wrong. */
export function nextSteps(
  status: GatewayStatus,
  checks: readonly HealthCheck[],
  now: number,
): string[] {
  const { parts, configuration, certificate, services } = status
  const { path, faults, needs_restart, secrets_at_restart, restart_faults } = configuration
  const failing = parts.filter((part) => !isServing(part)).map(({ name }) => name)
  const silent = silentOf(status, checks).map(logOf)
  const waits = needs_restart.length + secrets_at_restart.length > 0
  const steps = [
    ...[...new Set([...failing, ...silent])].map(
      (name) => `See why ${name} does not serve: npm run gateway logs ${name}`,
    ),
    ...(faults.length > 0 ? [`Correct ${path}.`] : []),
    ...(restart_faults.length > 0 ? ['Correct what another start would refuse.'] : []),
    ...(waits && restart_faults.length === 0
      ? ['Start again: npm run gateway stop, npm start.']
      : []),
    ...certificateSteps(certificate, 'npm run gateway logs certs', now),
  ]
  return steps.length > 0 ? steps : connectSteps(services)
}

/** Whose log says more of it. */
export function logOf({ name }: Pick<HealthCheck, 'name'>): string {
  return name === 'edge' ? 'envoy' : name
}

/** What is not well though it runs: the others are in the table of parts. */
function silentOf({ parts }: GatewayStatus, checks: readonly HealthCheck[]): HealthCheck[] {
  const stopped = new Set(parts.filter((part) => !isServing(part)).map(({ name }) => name))
  return checks.filter(({ name, status }) => status !== 'ok' && !stopped.has(name))
}

function checkLines(checks: readonly HealthCheck[]): string[] {
  if (checks.length === 0) return []
  return ['', 'Runs, and does not serve:', ...checks.map((one) => `  ${one.name}: ${one.detail}`)]
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
