/** `consents/…`: what people have approved once and are not asked again, and forgetting it. */

import { z } from 'zod'
import type { ConsentEntry, Page } from '../../lib/oauth/administration.ts'
import type { RememberedConsent } from '../store/consents.ts'
import { type AdminPorts, change, look, pageInput, text, toTime } from './operation.ts'

export const listConsents = look(
  pageInput.extend({ user: text.optional() }),
  async ({ families }, { from, user }): Promise<Page<ConsentEntry>> => {
    const { ids, next } =
      user === undefined ? await families.users.page(from) : { ids: [user], next: undefined }
    const found = await Promise.all(ids.map((id) => describeConsents(families, id)))
    return { entries: found.flat(), next }
  },
)

/** Of one client, or of all. What was granted goes on: the next time somebody is asked. */
export const forgetConsents = change(
  z.strictObject({ user: text, client: text.optional() }),
  async ({ families }, { user, client }) => {
    const held = await describeConsents(families, user)
    const forgotten = held.filter(({ client_id }) => client === undefined || client_id === client)
    if (client === undefined) await families.consents.forgetOfUser(user)
    else await families.consents.forget({ userId: user, clientId: client })
    const outcome = forgotten.length > 0 ? 'ok' : 'not_found'
    return {
      body: { forgotten: forgotten.length },
      targets: [{ target: user, outcome, ...(client !== undefined && { client_id: client }) }],
    }
  },
)

async function describeConsents(
  { consents }: AdminPorts['families'],
  user: string,
): Promise<ConsentEntry[]> {
  return (await consents.ofUser(user)).map((consent) => toEntry(user, consent))
}

function toEntry(user: string, consent: RememberedConsent): ConsentEntry {
  const { clientId, service, redirectUri, scopes, approvedAt, usedAt } = consent
  return {
    user,
    client_id: clientId,
    service: service ?? null,
    redirect_uri: redirectUri ?? null,
    scopes,
    approved_at: new Date(approvedAt).toISOString(),
    used_at: toTime(usedAt),
  }
}
