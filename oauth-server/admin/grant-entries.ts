/** Grants as an operator reads them. */

import type { GrantEntry } from '../../lib/oauth/administration.ts'
import { instantOfGrant } from '../../lib/store/instant.ts'
import type { Ports } from '../ports.ts'
import type { GrantRecord } from '../store/grant-records.ts'
import { toTime, toTimeOrNull } from './operation.ts'

/** Those of these ids that are alive. */
export async function describeGrants(
  { families, resources }: Pick<Ports, 'families' | 'resources'>,
  ids: readonly string[],
): Promise<readonly GrantEntry[]> {
  const records = await families.grantRecords.describe(ids)
  return records.map((record) => toEntry(resources, record))
}

function toEntry(
  resources: Ports['resources'],
  { grant, usedAt, tokensUntil, endsAt }: GrantRecord,
): GrantEntry {
  const meaning = resources.resolve(grant.resource)
  return {
    grant_id: grant.id,
    user: grant.userId,
    user_name: grant.userName,
    client_id: grant.clientId,
    // Of a service that is not served any more the address is all there is.
    service: meaning.kind === 'service' ? meaning.service : grant.resource,
    resource: grant.resource,
    scopes: grant.scopes,
    label: grant.label || null,
    granted_at: new Date(instantOfGrant(grant.id) ?? 0).toISOString(),
    used_at: toTimeOrNull(usedAt),
    tokens_until: toTimeOrNull(tokensUntil),
    ends_at: toTime(endsAt),
  }
}

/** What an entry of somebody, or of a client, says of the grants. */
export function summarize(grants: readonly GrantEntry[]) {
  const distinct = (of: (grant: GrantEntry) => string): string[] => [...new Set(grants.map(of))]
  return {
    grants: grants.length,
    users: distinct(({ user }) => user),
    clients: distinct(({ client_id }) => client_id),
    services: distinct(({ service }) => service),
  }
}
