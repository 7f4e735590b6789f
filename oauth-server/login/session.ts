/** Who is signed in in this browser, and signing somebody in. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'
import type { User } from '../store/users.ts'

/** The browser's login, however old. */
export async function readLogin(
  ctx: Koa.Context,
  { cookies, families }: Ports,
): Promise<Login | undefined> {
  const cookie = cookies.login.read(ctx)
  return cookie === undefined ? undefined : await families.logins.find(cookie)
}

/** The browser's login, unless it is older than the request allows (OpenID Connect Core 3.1.2.1). */
export async function findLogin(
  ctx: Koa.Context,
  ports: Ports,
  { maxAgeSeconds }: Pick<Interaction, 'maxAgeSeconds'>,
): Promise<Login | undefined> {
  const { cookies, clock } = ports
  const cookie = cookies.login.read(ctx)
  const login = await readLogin(ctx, ports)
  if (cookie === undefined || login === undefined) return undefined
  // The cookie slides with the session it names.
  cookies.login.write(ctx, cookie)
  const age = toSeconds(clock()) - login.authenticatedAt
  const isTooOld = maxAgeSeconds !== undefined && age >= maxAgeSeconds
  return isTooOld ? undefined : login
}

/**
 * The browser has one login: who signs in again goes on with theirs, and ends anybody else's. Only for
 * whom `Access.admit` has let in.
 */
export async function signIn(ctx: Koa.Context, ports: Ports, user: User): Promise<Login> {
  const { cookies, families, clock } = ports
  const authenticatedAt = toSeconds(clock())
  const before = await readLogin(ctx, ports)
  const facts = { userId: user.id, userName: user.name, authenticatedAt }
  const continued = before?.userId === user.id ? before.id : undefined
  const { cookie, login } = await families.logins.open(facts, continued)
  const old = cookies.login.read(ctx)
  if (old !== undefined) await families.logins.close(old)
  cookies.login.write(ctx, cookie)
  return login
}

/** Lets in whom the rules let in. @throws OAuthError `access_denied`. */
export async function enter(ctx: Koa.Context, ports: Ports, user: User): Promise<Login> {
  if (!(await ports.access.admit(user, undefined))) {
    throw new OAuthError('access_denied', 'this account may not use this gateway')
  }
  return await signIn(ctx, ports, user)
}
