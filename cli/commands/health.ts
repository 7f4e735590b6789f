/** `gateway health`: for machines. Whether it lives, whether it serves, and what it depends on, by exit code and JSON. */

import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { composeHealth } from '../health/compose-health.ts'
import { embeddedHealth } from '../health/embedded-health.ts'
import { type HealthReport, renderHealth } from '../health/health-report.ts'
import { requireRunning } from '../instance/find-running.ts'
import { parseDays } from '../parse-days.ts'
import { type ComposeStatus, isUp } from '../status/compose-status.ts'
import { composeStatusOf } from '../status/read-compose-status.ts'

interface HealthOptions {
  readonly live?: true
  readonly days: number
}

const NOTES = `
Examples:
  $ gateway health                       each dependency, and how long it took to answer
  $ gateway health --json | jq '.checks[] | select(.status != "ok")'
  $ gateway health --live                only whether it runs: for whoever would start it again

It asks the gateway of the state directory, or else the containers of this folder's compose.yaml.

Exit codes: 0 ready (with --live: it lives), 1 not ready, 2 wrong usage, 3 no gateway is running.
`

export const healthCommand: CommandMaker = (context) =>
  new Command('health')
    .description('Say whether the gateway lives and serves, with each dependency: for machines.')
    .option('--live', 'liveness alone: ask nothing but what supervises the parts')
    .option('--days <count>', 'warn of a certificate that ends within so many days', parseDays, 14)
    .addHelpText('after', NOTES)
    .action(async ({ live, days }: HealthOptions) => {
      await tellHealth(context(), live === true, days)
    })

async function tellHealth(context: Context, isLiveOnly: boolean, days: number): Promise<void> {
  const { output } = context
  const report = await readHealth(context, isLiveOnly, days)
  output.result(report, () => (isLiveOnly ? ['live'] : renderHealth(report)))
  if (isLiveOnly || report.ready) return
  const failing = report.checks.filter(({ status }) => status === 'failing')
  throw new CliError(`Not ready: ${failing.map(({ name }) => name).join(', ')}.`, {
    nextStep: 'gateway status says what to do',
  })
}

/** @throws CliError with exit code 3 when no gateway runs. */
async function readHealth(
  context: Context,
  isLiveOnly: boolean,
  days: number,
): Promise<HealthReport> {
  const found = await requireRunning(context)
  if (found.kind === 'embedded') {
    const { running } = found
    if (isLiveOnly) return onlyLive('embedded', running.status.ready)
    return await embeddedHealth(context, running, days)
  }
  const status = await composeStatusOf(context, found.compose, found.containers)
  return isLiveOnly ? composeLiveness(status) : await composeHealth(context, status, days)
}

/** @throws CliError with exit code 3 when no container is up. */
function composeLiveness(status: ComposeStatus): HealthReport {
  if (isUp(status)) return onlyLive('compose', status.ready)
  throw new CliError('None of the containers runs.', {
    exitCode: EXIT_CODE.notRunning,
    nextStep: 'docker compose up -d; gateway status says why one fails',
  })
}

function onlyLive(where: HealthReport['where'], ready: boolean): HealthReport {
  return { live: true, ready, where, checks: [] }
}
