/** `clients/…`: who has registered, and ending a registration. */

import { z } from 'zod'
import type { ClientEntry, Page } from '../../lib/oauth/administration.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Client } from '../clients/client.ts'
import { describeGrants, summarize } from './grant-entries.ts'
import {
  AdminError,
  type AdminPorts,
  change,
  endEach,
  idsInput,
  look,
  pageInput,
  text,
  toTime,
  toTimeOrNull,
} from './operation.ts'

/** The operator's own come first. Clients named by a document are with their grants alone. */
export const listClients = look(pageInput, async (ports, { from }): Promise<Page<ClientEntry>> => {
  const { ids, next } = await ports.families.clients.page(from)
  const own = from === undefined ? [...ports.gateway.clients.keys()] : []
  const found = await Promise.all([...own, ...ids].map((id) => describeClient(ports, id)))
  return { entries: found.filter((entry) => entry !== undefined), next }
})

export const showClient = look(z.strictObject({ id: text }), async (ports, { id }) => {
  const entry = await describeClient(ports, id)
  if (entry === undefined) throw new AdminError('not_found', `there is no client ${id}`)
  return entry
})

const deletion = idsInput.extend({ condition: z.enum(['unapproved', 'unused']).optional() })

/** Every grant made for them ends in the same step. Those for which the condition fails stay, and are `missing`. */
export const deleteClients = change(deletion, async (ports, { ids, condition }) => {
  const { gateway, families, config, clock } = ports
  const own = ids.find((id) => gateway.clients.has(id))
  if (own !== undefined) {
    throw new AdminError(
      'refused',
      `the client ${own} stands in gateway.yaml: take it out there, and the next start ends what it has`,
    )
  }
  const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
  return await endEach(ports, ids, (id) =>
    families.clients.removeByOperator(id, expiresAt, condition),
  )
})

interface Known {
  readonly client: Client
  readonly isApproved: boolean
  readonly endsAt: number | undefined
}

async function describeClient(ports: AdminPorts, id: string): Promise<ClientEntry | undefined> {
  const known = (await ports.families.clients.describe(id)) ?? (await findElsewhere(ports, id))
  if (known === undefined) return undefined
  const grants = await describeGrants(ports, await ports.families.grants.ofClient(id))
  const { client, isApproved, endsAt } = known
  const { grants: count, users, services } = summarize(grants)
  return {
    client_id: client.id,
    kind: client.kind,
    name: client.name ?? null,
    auth_method: client.authMethod,
    grant_types: client.grantTypes,
    redirect_uris: client.redirectUris,
    registered_at: client.kind === 'registered' ? toTime(client.registeredAt) : null,
    approved: isApproved,
    ends_at: toTimeOrNull(endsAt),
    grants: count,
    users,
    services,
  }
}

/** Written down, or named by a document that is still at hand. */
async function findElsewhere({ clients }: AdminPorts, id: string): Promise<Known | undefined> {
  const client = await clients.find(id, 'held', 'operator')
  return client && { client, isApproved: true, endsAt: undefined }
}
