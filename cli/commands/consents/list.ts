/** `gateway consents list`. */

import { Command } from 'commander'
import type { ConsentEntry } from '../../../lib/oauth/administration.ts'
import { listAll } from '../../administration/administration.ts'
import { cell, count, minute } from '../../administration/cells.ts'
import { AGE_OPTION, isOlder, isOneOf } from '../../administration/filters.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'

interface ConsentFilter {
  readonly user?: string
  readonly client?: string
  readonly service?: string
  readonly olderThan?: number
}

const NOTES = `
Only a client whose answers go to a web address is remembered. For all others people are asked each time.
`

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List what people are not asked again.')
    .option('--user <sub>', 'only of this person')
    .option('--client <id>', 'only for this client')
    .option('--service <name>', 'only for this service')
    .option(...AGE_OPTION)
    .addHelpText('after', NOTES)
    .action(async (filter: ConsentFilter) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const { user } = filter
        const all = await listAll<ConsentEntry>(administration, 'consents/list', { user }, keyOf)
        const consents = all.filter((consent) => isMeant(consent, filter, clock()))
        output.result({ consents }, () => toLines(consents))
      })
    })

function keyOf({ user, client_id, service, redirect_uri }: ConsentEntry): string {
  return JSON.stringify([user, client_id, service, redirect_uri])
}

function isMeant(consent: ConsentEntry, filter: ConsentFilter, now: number): boolean {
  const { client_id, service, approved_at } = consent
  return (
    isOneOf(filter.client, [client_id]) &&
    isOneOf(filter.service, service === null ? [] : [service]) &&
    isOlder(approved_at, filter.olderThan, now)
  )
}

const HEAD = ['USER', 'CLIENT', 'SERVICE', 'SCOPES', 'APPROVED', 'LAST USED', 'ANSWERS GO TO']

function toLines(consents: readonly ConsentEntry[]): string[] {
  const rows = consents.map((consent) => [
    cell(consent.user),
    cell(consent.client_id),
    cell(consent.service),
    consent.scopes.map(cell).join(' '),
    minute(consent.approved_at),
    minute(consent.used_at),
    cell(consent.redirect_uri),
  ])
  return [...toTable([HEAD, ...rows]), '', `${count(consents.length, 'remembered approval')}.`]
}
