/** Which grants are meant. */

import type { Command } from 'commander'
import type { GrantEntry } from '../../../lib/oauth/administration.ts'
import { type Administration, listAll } from '../../administration/administration.ts'
import { AGE_OPTION, isOlder, isOneOf, parseAge } from '../../administration/filters.ts'

export interface GrantFilter {
  readonly user?: string
  readonly client?: string
  readonly service?: string
  readonly olderThan?: number
  readonly unusedFor?: number
}

export function withFilters(command: Command): Command {
  return command
    .option('--user <sub>', 'only of this person, e.g. github:583231')
    .option('--client <id>', 'only to this client')
    .option('--service <name>', 'only for this service')
    .option(...AGE_OPTION)
    .option('--unused-for <age>', 'only those that no token was bought under for so long', parseAge)
}

export function isFiltered(filter: GrantFilter): boolean {
  const { user, client, service, olderThan, unusedFor } = filter
  return [user, client, service, olderThan, unusedFor].some((value) => value !== undefined)
}

/** The youngest first. @param now milliseconds. */
export async function selectGrants(
  administration: Administration,
  { user, client, service, olderThan, unusedFor }: GrantFilter,
  now: number,
): Promise<GrantEntry[]> {
  // Of one person, or of one client, the server need not look at everybody.
  const scope = user === undefined ? { client } : { user }
  const all = await listAll<GrantEntry>(
    administration,
    'grants/list',
    scope,
    ({ grant_id }) => grant_id,
  )
  return all
    .filter(
      (grant) =>
        isOneOf(client, [grant.client_id]) &&
        isOneOf(service, [grant.service]) &&
        isOlder(grant.granted_at, olderThan, now) &&
        isOlder(grant.used_at ?? grant.granted_at, unusedFor, now),
    )
    .sort((left, right) => Date.parse(right.granted_at) - Date.parse(left.granted_at))
}
