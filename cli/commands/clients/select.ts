/** Which clients are meant. */

import type { Command } from 'commander'
import type { ClientEntry } from '../../../lib/oauth/administration.ts'
import { type Administration, listAll } from '../../administration/administration.ts'
import { AGE_OPTION, isOlder, isOneOf, matchesPattern } from '../../administration/filters.ts'

export interface ClientFilter {
  readonly name?: string
  readonly user?: string
  readonly service?: string
  readonly olderThan?: number
}

export function withFilters(command: Command): Command {
  return command
    .option('--name <pattern>', "only with such a name, e.g. 'TEST *'")
    .option('--user <sub>', 'only with access in this person’s name')
    .option('--service <name>', 'only with access to this service')
    .option(...AGE_OPTION)
}

export function isFiltered({ name, user, service, olderThan }: ClientFilter): boolean {
  return [name, user, service, olderThan].some((value) => value !== undefined)
}

/** The youngest first. @param now milliseconds. */
export async function selectClients(
  administration: Administration,
  { name, user, service, olderThan }: ClientFilter,
  now: number,
): Promise<ClientEntry[]> {
  const all = await listAll<ClientEntry>(
    administration,
    'clients/list',
    {},
    ({ client_id }) => client_id,
  )
  return all
    .filter(
      (client) =>
        matchesPattern(name, client.name) &&
        isOneOf(user, client.users) &&
        isOneOf(service, client.services) &&
        isOlder(client.registered_at, olderThan, now),
    )
    .sort((left, right) => timeOf(right) - timeOf(left))
}

function timeOf({ registered_at }: ClientEntry): number {
  return registered_at === null ? Number.POSITIVE_INFINITY : Date.parse(registered_at)
}
