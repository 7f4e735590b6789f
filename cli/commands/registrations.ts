/** `gateway registrations`: who registers here, in figures. */

import { Command } from 'commander'
import { cell } from '../administration/cells.ts'
import { type RegistrationFigures, toFigures } from '../administration/registration-figures.ts'
import { withAdministration } from '../administration/with-administration.ts'
import type { CommandMaker } from '../context.ts'
import { toTable } from '../output.ts'
import { type ClientFilter, selectClients, withFilters } from './clients/select.ts'

const NOTES = `
$ gateway registrations --name 'TEST *'
$ gateway registrations --older-than 30d --json
`

export const registrationsCommand: CommandMaker = (context) =>
  withFilters(new Command('registrations').description('Show who registers here, in figures.'))
    .addHelpText('after', NOTES)
    .action(async (filter: ClientFilter) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const figures = toFigures(await selectClients(administration, filter, clock()))
        output.result(figures, () => toLines(figures))
      })
    })

function toLines(figures: RegistrationFigures): string[] {
  const { registered, approved, unapproved, with_grants, without_grants, configured } = figures
  return [
    `${registered} registered: ${approved} approved by somebody, ${unapproved} by nobody yet.`,
    `${with_grants} have access to something now, ${without_grants} have none.`,
    `${configured} written down in gateway.yaml.`,
    ...section('DAY', figures.by_day),
    ...section('NAME', figures.by_name),
    ...section('ANSWERS GO TO', figures.by_place),
    ...section('PROVES ITSELF BY', figures.by_auth_method),
  ]
}

function section(head: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).map(([name, number]) => [cell(name), String(number)])
  return rows.length === 0 ? [] : ['', ...toTable([[head, 'CLIENTS'], ...rows])]
}
