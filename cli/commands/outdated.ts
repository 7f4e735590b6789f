/** `gateway outdated`: what of everything pinned has a newer version. */

import { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandMaker } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { lookUpAll } from '../outdated/look-up-all.ts'
import type { Lookup } from '../outdated/lookup.ts'
import { toTable } from '../output.ts'

const NOTES = `
It asks npm and pip, which know your registries, and the registries of base images. A tag is compared with those of
its own shape (24-bookworm-slim with 26-bookworm-slim). What comes along with a package is not looked up.
`

export const outdatedCommand: CommandMaker = (context) =>
  new Command('outdated')
    .description('Say which of the pinned packages, programs and images have newer versions.')
    .option('--fail', 'exit with 1 when there are some, or when something could not be asked')
    .addHelpText('after', NOTES)
    .action(async ({ fail }: { fail?: true }) => {
      const { environment, output, clock, rooms } = context()
      const task = createProgress(output, clock).begin('asking the registries')
      const found = await lookUpAll({ cwd: rooms, env: environment }).finally(() => task.end())
      const report = toReport(found)
      output.result(report, () => renderReport(report))
      if (fail && report.outdated.length + report.unknown.length > 0) {
        throw new CliError(
          `${report.outdated.length} outdated, ${report.unknown.length} could not be asked.`,
        )
      }
    })

export interface OutdatedReport {
  readonly outdated: readonly (Lookup & { verdict: 'outdated' })[]
  readonly unknown: readonly (Lookup & { verdict: 'unknown' })[]
  /** How many have no newer version. */
  readonly current: number
}

export function toReport(found: readonly Lookup[]): OutdatedReport {
  return {
    outdated: found.filter((one) => one.verdict === 'outdated'),
    unknown: found.filter((one) => one.verdict === 'unknown'),
    current: found.filter(({ verdict }) => verdict === 'current').length,
  }
}

export function renderReport({ outdated, unknown, current }: OutdatedReport): string[] {
  return [
    ...(outdated.length === 0
      ? []
      : [
          ...toTable([
            ['KIND', 'NAME', 'PINNED', 'NEWEST', 'WHERE'],
            ...outdated.map((one) => [one.kind, one.name, one.version, one.newest, one.where]),
          ]),
          '',
        ]),
    ...(unknown.length === 0 ? [] : ['Could not be asked:', ...unknownLines(unknown), '']),
    `${outdated.length} outdated, ${current} current, ${unknown.length} unknown.`,
  ]
}

/** Those with one reason stand together. */
function unknownLines(unknown: OutdatedReport['unknown']): string[] {
  const byReason = Map.groupBy(unknown, ({ reason }) => reason)
  return [...byReason].map(
    ([reason, pins]) => `  ${pins.map(({ name }) => name).join(', ')}: ${reason}`,
  )
}
