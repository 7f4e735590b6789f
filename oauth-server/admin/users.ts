/** `users/…`: who has been here, and ending everything of a person. */

import { z } from 'zod'
import type { EndedUser, Page, UserEntry } from '../../lib/oauth/administration.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { endAccess, tellEnded } from '../access/end-what-fails.ts'
import { providerOf } from '../login/person.ts'
import type { Disabling } from '../store/disabled-users.ts'
import { describeGrants, summarize } from './grant-entries.ts'
import {
  AdminError,
  type AdminPorts,
  change,
  type Done,
  look,
  pageInput,
  text,
  toTime,
  toTimeOrNull,
} from './operation.ts'
import { PROBE_LABEL } from './personal-tokens.ts'

const userInput = z.strictObject({ user: text })
const endingInput = userInput.extend({ forget_secrets: z.boolean().optional() })

export const listUsers = look(pageInput, async (ports, { from }): Promise<Page<UserEntry>> => {
  const { users, disabledUsers } = ports.families
  const [{ ids, next }, disabled] = await Promise.all([users.page(from), disabledUsers.all()])
  // Of somebody disabled nothing else may be known.
  const all = from === undefined ? [...new Set([...ids, ...disabled.keys()])] : ids
  const entries = await Promise.all(all.map((id) => describeUser(ports, id, disabled.get(id))))
  return { entries, next }
})

export const showUser = look(userInput, async (ports, { user }) => {
  const { users, disabledUsers, grants } = ports.families
  const [known, disabled, ids] = await Promise.all([
    users.find(user),
    disabledUsers.all(),
    grants.ofUser(user),
  ])
  if (known === undefined && !disabled.has(user) && ids.length === 0) throw unknown(user)
  return await describeUser(ports, user, disabled.get(user))
})

/** Everything ends: logins, grants, tokens, what they approved. They may log in again if the rules let them. */
export const revokeUser = change(endingInput, async (ports, ending) => {
  const { user } = ending
  await requirePerson(ports, user)
  return await endEverything(ports, ending, () => endAccess(ports, user, 'revoked by the operator'))
})

/** As `revokeUser`, and they may not log in again. Also for who has never been here. */
export const disableUser = change(endingInput, async (ports, ending, operator) => {
  const { user } = ending
  await requirePerson(ports, user)
  const { families, clock, config } = ports
  return await endEverything(ports, ending, async () => {
    const at = toSeconds(clock())
    const expiresAt = at + config.ACCESS_TOKEN_LIFETIME
    await families.disabledUsers.disable(user, { at, by: operator }, expiresAt)
    tellEnded(ports, user, 'disabled by the operator')
  })
})

export const enableUser = change(userInput, async ({ families }, { user }) => {
  const wasDisabled = await families.disabledUsers.enable(user)
  return {
    body: { user, enabled: wasDisabled },
    targets: [{ target: user, outcome: wasDisabled ? 'ok' : 'not_found' }],
  }
})

async function endEverything(
  ports: AdminPorts,
  { user, forget_secrets: isForgetting }: z.infer<typeof endingInput>,
  endAll: () => Promise<void>,
): Promise<Done> {
  const { grants, consents, disabledUsers } = ports.families
  const held = await describeGrants(ports, await grants.ofUser(user))
  // Forgotten first: no client must get back in without asking.
  await consents.forgetOfUser(user)
  await endAll()
  const disabled = await disabledUsers.has(user)
  const secrets_deleted = isForgetting === true ? await forgetSecrets(ports, user) : null
  const given = held.filter(({ label }) => label !== PROBE_LABEL)
  const body: EndedUser = { user, grants: given.length, disabled, secrets_deleted }
  return { body, targets: [{ target: user, outcome: 'ok' }] }
}

/** Last: nobody who could enter another is signed in any more. */
async function forgetSecrets({ families, live, log }: AdminPorts, user: string): Promise<number> {
  const count = await families.userSecrets.forgetOfUser(user, live.current.services.keys())
  log.warn({ user, count }, 'user secrets deleted by the operator')
  return count
}

async function describeUser(
  ports: AdminPorts,
  user: string,
  disabling: Disabling | undefined,
): Promise<UserEntry> {
  const { users, grants } = ports.families
  const [known, ids] = await Promise.all([users.find(user), grants.ofUser(user)])
  const { grants: count, clients, services } = summarize(await describeGrants(ports, ids))
  return {
    user,
    name: known?.name ?? null,
    login: known?.login ?? null,
    emails: known?.emails ?? [],
    last_login_at: toTimeOrNull(known?.lastLoginAt),
    grants: count,
    clients,
    services,
    disabled: disabling === undefined ? null : { at: toTime(disabling.at), by: disabling.by },
  }
}

/**
 * A wrong name would end nothing and shut out nobody, and nobody would notice. Whoever has been here counts also
 * when their provider is not configured any more.
 * @throws AdminError for what nobody here can be called.
 */
export async function requirePerson(ports: AdminPorts, user: string): Promise<void> {
  const { providers } = ports
  const [, provider] = /^([^:]+):./.exec(user) ?? []
  if (provider !== undefined && (providers.has(provider) || (await hasBeenHere(ports, user))))
    return
  const names = [...providers.keys()].join(', ')
  throw new AdminError(
    'invalid_request',
    `a person is named by provider and id, as gateway users list shows them; providers: ${names}`,
  )
}

async function hasBeenHere({ families }: AdminPorts, user: string): Promise<boolean> {
  const { users, grants } = families
  // Machines act for themselves and are no persons.
  if (providerOf(user) === 'client') return false
  const [known, ids] = await Promise.all([users.find(user), grants.ofUser(user)])
  return known !== undefined || ids.length > 0
}

function unknown(user: string): AdminError {
  return new AdminError('not_found', `nobody is known as ${user}`)
}
