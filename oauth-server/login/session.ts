/** Who is signed in in this browser, and signing somebody in. */

import type Koa from 'koa'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login, LoginFacts } from '../store/logins.ts'
import { type Arrival, type Present, providerOf } from './person.ts'

/** The browser's login, however old. */
export async function readLogin(
  ctx: Koa.Context,
  { cookies, families }: Ports,
): Promise<Login | undefined> {
  const cookie = cookies.login.read(ctx)
  return cookie === undefined ? undefined : await families.logins.find(cookie)
}

/**
 * The browser's login, unless it is older than the request allows (OpenID Connect Core 3.1.2.1), or
 * nobody vouches for it any more, because its provider is not configured any longer.
 */
export async function findLogin(
  ctx: Koa.Context,
  ports: Ports,
  { maxAgeSeconds }: Pick<Interaction, 'maxAgeSeconds'>,
): Promise<Login | undefined> {
  const { cookies, providers, clock } = ports
  const cookie = cookies.login.read(ctx)
  const login = await readLogin(ctx, ports)
  if (cookie === undefined || login === undefined) return undefined
  if (!providers.has(providerOf(login.userId))) return undefined
  // The cookie slides with the session it names.
  cookies.login.write(ctx, cookie)
  // Of when our clock was ahead nobody knows the age: it is none that is small.
  const age = Math.abs(toSeconds(clock()) - login.authenticatedAt)
  const isTooOld = maxAgeSeconds !== undefined && age >= maxAgeSeconds
  return isTooOld ? undefined : login
}

/**
 * The browser has one login: who signs in again goes on with theirs, and ends anybody else's. Only for
 * whom `Access.admit` has let in.
 */
async function signIn(
  ctx: Koa.Context,
  { cookies, families }: Ports,
  facts: LoginFacts,
): Promise<Login> {
  const old = cookies.login.read(ctx)
  const before = old === undefined ? undefined : await families.logins.find(old)
  const continued = before?.userId === facts.userId ? before.id : undefined
  const { cookie, login } = await families.logins.open(facts, continued)
  if (old !== undefined) await families.logins.close(old)
  cookies.login.write(ctx, cookie)
  return login
}

/** Lets in whom the rules let in; undefined for a stranger, of whom nothing is kept. */
async function enter(
  ctx: Koa.Context,
  ports: Ports,
  { user, authenticatedAt, token }: Arrival,
): Promise<Login | undefined> {
  if (!(await ports.access.admit(user, token))) return undefined
  const now = toSeconds(ports.clock())
  const login = await signIn(ctx, ports, {
    userId: user.id,
    userName: user.name,
    // A provider whose clock is ahead vouches for now, not for later.
    authenticatedAt: Math.min(authenticatedAt ?? now, now),
  })
  if (await ports.access.allows(user.id, undefined)) return login
  // The rules have changed meanwhile: whoever ended what this person had may not have found this one.
  await ports.families.logins.closeOfUser(user.id)
  return undefined
}

/** The login of whoever is here. */
export async function loginOf(
  ctx: Koa.Context,
  ports: Ports,
  person: Present,
): Promise<Login | undefined> {
  return person.kind === 'known' ? person.login : await enter(ctx, ports, person.arrival)
}
