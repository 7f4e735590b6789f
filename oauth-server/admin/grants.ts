/** `grants/…`: who has given whom access to what, and ending it. */

import type { z } from 'zod'
import type { GrantEntry, Page } from '../../lib/oauth/administration.ts'
import { revokeGrant } from '../token/revoke-grant.ts'
import { describeGrants } from './grant-entries.ts'
import { type AdminPorts, change, endEach, idsInput, look, pageInput, text } from './operation.ts'

const scopedPage = pageInput.extend({ user: text.optional(), client: text.optional() })
type ScopedPage = z.infer<typeof scopedPage>

/** Of one person, of one client, or of everybody. */
export const listGrants = look(scopedPage, async (ports, scope): Promise<Page<GrantEntry>> => {
  const { ids, next } = await findIds(ports, scope)
  return { entries: await describeGrants(ports, ids), next }
})

/** Forgotten first: the client must not get back in without asking. */
export const revokeGrants = change(idsInput, (ports, { ids }) =>
  endEach(ports, ids, (id) => endGrant(ports, id)),
)

/** False when there is none. */
export async function endGrant(ports: AdminPorts, id: string): Promise<boolean> {
  const grant = await ports.families.grants.find(id)
  if (grant === undefined) return false
  await ports.families.consents.forget(grant)
  await revokeGrant(ports, grant, 'revoked by the operator')
  return true
}

async function findIds(
  { families, gateway }: AdminPorts,
  { from, user, client }: ScopedPage,
): Promise<{ readonly ids: readonly string[]; readonly next?: string | undefined }> {
  const { grants, users } = families
  if (user !== undefined) return { ids: await grants.ofUser(user) }
  if (client !== undefined) return { ids: await grants.ofClient(client) }
  const page = await users.page(from)
  // Machines act for themselves: nobody logged in for them.
  const machines = [...gateway.clients.keys()].map((id) => `client:${id}`)
  const people = from === undefined ? [...machines, ...page.ids] : page.ids
  const ids = await Promise.all(people.map((id) => grants.ofUser(id)))
  return { ids: ids.flat(), next: page.next }
}
