/** `gateway status`: what runs, since when, for how many, and under which addresses. */

import { dirname } from 'node:path'
import { Command } from 'commander'
import type { Clock } from '../../lib/platform/clock.ts'
import { CliError } from '../cli-error.ts'
import { type CommandMaker, stateDirectoryOf } from '../context.ts'
import { requireGateway } from '../instance/control-client.ts'
import { readProcesses, type ServiceProcess, toCells } from '../instance/service-processes.ts'
import { type ConfigurationStatus, type GatewayStatus, isServing } from '../instance/status.ts'
import { toTable } from '../output.ts'
import { statusLines } from '../start/certificate-lines.ts'

export const statusCommand: CommandMaker = (context) =>
  new Command('status')
    .description('Show the parts of the running gateway and the addresses of its services.')
    .action(async () => {
      const { environment, output, clock } = context()
      const directory = stateDirectoryOf(context())
      const { status, socketPath } = await requireGateway(directory, environment)
      const processes = await readProcesses(dirname(socketPath))
      output.result({ ...status, processes }, () => renderStatus(status, processes, clock))
      if (status.ready) return
      const names = status.parts.filter((part) => !isServing(part)).map(({ name }) => name)
      throw new CliError(`Not ready: ${names.join(', ')}.`, {
        nextStep: `gateway logs ${names[0]}`,
      })
    })

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
    ...configurationLines(status.configuration),
    '',
    ...toTable([['PART', 'STATE', 'PID', 'SINCE', 'RESTARTS', 'LAST EXIT'], ...parts]),
    '',
    ...toTable([
      ['SERVICE', 'PROCESSES', 'SESSIONS', 'MEMORY', 'URL'],
      ...status.services.map(({ name, url }) => [name, ...toCells(processes, name), url]),
    ]),
  ]
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
