/** Which clients have access to which services, as a person reads it. */

import { PERSONAL_CLIENT_ID } from '../../lib/oauth/client-id.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { instantOfGrant } from '../../lib/store/instant.ts'
import { type Destination, toDestination } from '../authorize/consent-page.ts'
import { isDocumentUrl } from '../clients/documents/document-url.ts'
import type { Ports } from '../ports.ts'
import type { ScopeWords } from '../scopes.ts'
import type { GrantUse } from '../store/grants.ts'

/** Undefined: it cannot be found any more. */
type DescribedClient =
  | {
      /** Undefined: it has none, or it cannot be read now. */
      readonly name: string | undefined
      /** The host whose document describes it. */
      readonly publisher: string | undefined
      /** Where answers to it may go. */
      readonly destinations: readonly Destination[]
    }
  | undefined

export interface DescribedGrant {
  readonly id: string
  readonly client: DescribedClient
  /** What an operator calls the token that a script of theirs has; undefined for all other grants. */
  readonly script: string | undefined
  readonly service: string
  /** What it allows. */
  readonly words: readonly ScopeWords[]
  readonly since: Date
  /** As exactly as an access token lives; undefined: no use is known. */
  readonly usedAt: Date | undefined
}

/** More are no page for a person; all of them can be ended at once. */
export const GRANTS_MAX = 500

/** @param requester as for `ClientDirectory.find`. */
export async function describeGrants(
  ports: Ports,
  userId: string,
  requester: string,
): Promise<readonly DescribedGrant[]> {
  const uses = await ports.families.grants.describeOfUser(userId, GRANTS_MAX)
  const ids = [...new Set(uses.map(({ grant }) => grant.clientId))]
  const clients = new Map(
    await Promise.all(
      ids.map(async (id) => [id, await describeClient(ports, id, requester)] as const),
    ),
  )
  return uses
    .map((use) => describeGrant(ports, use, clients.get(use.grant.clientId)))
    .sort((one, other) => lastSeen(other) - lastSeen(one))
}

function lastSeen({ usedAt, since }: DescribedGrant): number {
  return (usedAt ?? since).getTime()
}

function describeGrant(
  { resources, scopes }: Ports,
  { grant, usedAt }: GrantUse,
  client: DescribedClient,
): DescribedGrant {
  const meaning = resources.resolve(grant.resource)
  // Of a service that is not served any more the address is all there is.
  const service = meaning.kind === 'service' ? meaning.service : grant.resource
  return {
    id: grant.id,
    client,
    script: grant.clientId === PERSONAL_CLIENT_ID ? (grant.label ?? '') : undefined,
    service,
    words: scopes.describe(service, grant.scopes),
    since: new Date(instantOfGrant(grant.id) ?? 0),
    usedAt: usedAt === undefined ? undefined : new Date(usedAt * 1000),
  }
}

async function describeClient(
  { clients }: Ports,
  id: string,
  requester: string,
): Promise<DescribedClient> {
  const publisher = isDocumentUrl(id) ? new URL(id).host : undefined
  try {
    const client = await clients.find(id, 'held', requester)
    if (client === undefined) return undefined
    const { name, redirectUris } = client
    return { name, publisher, destinations: toDestinations(redirectUris) }
  } catch (error) {
    // A document that cannot be had now must not keep the person from ending its access.
    if (publisher === undefined || !(error instanceof OAuthError)) throw error
    return { name: undefined, publisher, destinations: [] }
  }
}

/** Several ports and paths of one place are one place. */
function toDestinations(redirectUris: readonly string[]): readonly Destination[] {
  const places = new Map<string, Destination>()
  for (const uri of redirectUris) {
    const place = toDestination(uri)
    places.set(place.kind === 'computer' ? place.kind : JSON.stringify(place), place)
  }
  return [...places.values()]
}
