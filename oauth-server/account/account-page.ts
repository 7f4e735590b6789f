/** The account page: who somebody is here, what has access in their name, and what services ask of them. */

import type Koa from 'koa'
import { clientAddress, requesterKey } from '../http/client-address.ts'
import { formProof } from '../http/form-proof.ts'
import { LOGOUT_FORM } from '../login/logout.ts'
import { renderPage } from '../pages/render.ts'
import type { Ports } from '../ports.ts'
import type { Login } from '../store/logins.ts'
import { describeGrants, GRANTS_MAX } from './describe-grants.ts'
import { isProblem, type Notice } from './notice.ts'

export interface Account {
  readonly login: Login
  /** Of the login, for the proofs of the forms. */
  readonly cookie: string
  readonly notice: Notice | undefined
}

/** Only this purpose opens the forms of this page. */
export const ACCOUNT_FORM = 'account'

export async function showAccountPage(
  ctx: Koa.Context,
  ports: Ports,
  { login, cookie, notice }: Account,
): Promise<void> {
  const requester = requesterKey(clientAddress(ctx))
  const [person, grants, services] = await Promise.all([
    describePerson(ports, login),
    describeGrants(ports, login.userId, requester),
    describeSecrets(ports, login.userId),
  ])
  renderPage(ctx, 'account', {
    person,
    grants,
    isCut: grants.length === GRANTS_MAX,
    services,
    notice,
    isProblem: notice !== undefined && isProblem(notice),
    proof: formProof(ACCOUNT_FORM, cookie),
    logoutProof: formProof(LOGOUT_FORM, cookie),
    formatTime,
  })
}

/** `email`: one that the provider has verified. */
async function describePerson({ families, providers }: Ports, { userId, userName }: Login) {
  const known = await families.users.find(userId)
  const provider = userId.slice(0, userId.indexOf(':'))
  return {
    name: known?.name ?? userName,
    provider: providers.get(provider)?.label ?? provider,
    email: known?.emails[0],
  }
}

/** What the services that somebody may use ask of each person, and what is there already. */
async function describeSecrets({ access, families, live }: Ports, userId: string) {
  const usable = await access.servicesOf(userId)
  const asking = [...live.current.services.values()]
    .filter(({ name }) => usable.includes(name))
    .filter(({ userSecrets }) => Object.keys(userSecrets).length > 0)
  return await Promise.all(
    asking.map(async ({ name: service, description, userSecrets }) => {
      const entered = await families.userSecrets.describe({ userId, service })
      // What the service does not ask for any more can still be deleted.
      const names = new Set([...Object.keys(userSecrets), ...entered.keys()])
      const secrets = [...names].map((name) => {
        const enteredAt = entered.get(name)
        return {
          name,
          words: Object.hasOwn(userSecrets, name) ? userSecrets[name] : undefined,
          enteredAt: enteredAt === undefined ? undefined : new Date(enteredAt),
        }
      })
      return { name: service, description, secrets }
    }),
  )
}

/** In the words of the language; whose clock that is has to be said, because pages know no other. */
function formatTime(language: string, time: Date): string {
  const style = { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(language, style).format(time)} UTC`
}
