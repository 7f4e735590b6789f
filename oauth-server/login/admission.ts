/** The one way from a person to a login that may be used: the rules let them in, and let them use the service. */

import type Koa from 'koa'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Login } from '../store/logins.ts'
import type { User } from '../store/users.ts'
import type { Present } from './person.ts'
import { noteRefusal, type Refusal } from './refusal.ts'
import { loginOf } from './session.ts'

export interface Visit {
  readonly person: Present
  /** Undefined: none is wanted. */
  readonly service: string | undefined
  /** The binding cookie of their browser. */
  readonly browser: string
}

export type Admission = { readonly login: Login } | { readonly refusal: Refusal }

/** Signs in whom the rules let in; whom they do not is noted. @throws OAuthError 503 when nobody can tell. */
export async function admit(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  visit: Visit,
): Promise<Admission> {
  const { person, service } = visit
  const login = await loginOf(ctx, ports, person)
  if (person.kind === 'new') recordLogin(ports, person.arrival.user, login !== undefined)
  if (login === undefined) return await refuse(ctx, ports, { ...visit, service: undefined })
  const isAllowed = service === undefined || (await ports.access.allows(login.userId, service))
  if (isAllowed) return { login }
  const { userId: user } = login
  ports.records.add({ action: 'consent/approve', outcome: 'refused', user, service })
  return await refuse(ctx, ports, { ...visit, person: { kind: 'known', login } })
}

/** The rules decide after a provider, or the dev page, has said who it is. */
function recordLogin({ records }: Ports, { id, provider }: User, isLetIn: boolean): void {
  const outcome = isLetIn ? 'ok' : 'refused'
  records.add({ action: 'login/sign-in', outcome, user: id, details: { provider } })
}

async function refuse(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  refusal: Refusal,
): Promise<Admission> {
  await noteRefusal(ctx, ports, refusal)
  return { refusal }
}
