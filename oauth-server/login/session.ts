/** Who is signed in in this browser, and signing somebody in. */

import type Koa from 'koa'
import { toSeconds } from '../../lib/platform/clock.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'
import type { User } from '../store/users.ts'

/** The browser's login, unless it is older than the request allows (OpenID Connect Core 3.1.2.1). */
export async function findLogin(
  ctx: Koa.Context,
  { cookies, families, clock }: Ports,
  { maxAgeSeconds }: Pick<Interaction, 'maxAgeSeconds'>,
): Promise<Login | undefined> {
  const cookie = cookies.login.read(ctx)
  const login = cookie === undefined ? undefined : await families.logins.find(cookie)
  if (cookie === undefined || login === undefined) return undefined
  // The cookie slides with the session it names.
  cookies.login.write(ctx, cookie)
  const age = toSeconds(clock()) - login.authenticatedAt
  const isTooOld = maxAgeSeconds !== undefined && age >= maxAgeSeconds
  return isTooOld ? undefined : login
}

export async function signIn(
  ctx: Koa.Context,
  { cookies, families, clock }: Ports,
  user: User,
): Promise<Login> {
  const authenticatedAt = toSeconds(clock())
  await families.users.record({ ...user, lastLoginAt: authenticatedAt })
  const login = { userId: user.id, userName: user.name, authenticatedAt }
  const cookie = await families.logins.open(login)
  cookies.login.write(ctx, cookie)
  return { ...login, id: digest(cookie) }
}
