/** Who decides, as a form says it: whoever is signed in, a name, or somebody whom a provider vouches for. */

import type { Params } from '../http/params.ts'
import type { Login } from '../store/logins.ts'
import { toUser, type User } from '../store/users.ts'
import type { Provider, Providers, RedirectProvider, UpstreamAnswer } from './providers/provider.ts'

/** Somebody of whom a provider has just told who they are. */
export interface Arrival extends Pick<UpstreamAnswer, 'authenticatedAt' | 'token'> {
  readonly user: User
}

/** Who is here. */
export type Present =
  | { readonly kind: 'known'; readonly login: Login }
  | { readonly kind: 'new'; readonly arrival: Arrival }

/** Whose name a provider has to tell first. */
export interface Away {
  readonly kind: 'away'
  readonly provider: RedirectProvider
  /** Than the one who is signed in. */
  readonly isAnother: boolean
}

export type Person = Present | Away

/** What a form can say wrong: a key of pages/words/who.ts. */
export type PersonProblem = 'chooseWay' | 'writeName'

export interface Acquaintance {
  readonly login: Login | undefined
  readonly providers: Providers
}

/** The person, or what they have to hear. */
export function parsePerson(
  params: Params,
  { login, providers }: Acquaintance,
): Person | PersonProblem {
  const username = providers.has('dev') ? params.get('username') : undefined
  const chosen = params.get('provider')
  if (chosen === undefined) {
    const isKnown = username === undefined || isOwnName(username, login)
    if (login !== undefined && isKnown) return { kind: 'known', login }
    const provider = onlyWay(providers, username)
    return provider === undefined ? 'chooseWay' : toPerson(provider, username, login)
  }
  const provider = providers.get(chosen)
  return provider === undefined ? 'chooseWay' : toPerson(provider, username, login)
}

function toPerson(
  provider: Provider,
  username: string | undefined,
  login: Login | undefined,
): Person | PersonProblem {
  if (provider.kind === 'redirect') {
    return { kind: 'away', provider, isAnother: login !== undefined }
  }
  if (login !== undefined && isOwnName(username, login)) return { kind: 'known', login }
  const identity = provider.identify(username ?? '')
  if (identity === undefined) return 'writeName'
  return { kind: 'new', arrival: { user: toUser(provider.name, identity) } }
}

/** A name is one of the dev provider's: at another one the same is somebody else. */
function isOwnName(username: string | undefined, login: Login | undefined): boolean {
  return login !== undefined && username === login.userName && providerOf(login.userId) === 'dev'
}

/** A name is for the dev provider; without one there is no doubt where there is but one way. */
function onlyWay(providers: Providers, username: string | undefined): Provider | undefined {
  const dev = providers.get('dev')
  if (username !== undefined && dev !== undefined) return dev
  const [first, ...others] = providers.values()
  return others.length === 0 ? first : undefined
}

/** By the first part of a `sub`. */
export function providerOf(userId: string): string {
  return userId.slice(0, Math.max(0, userId.indexOf(':')))
}

/** As people read it: with the provider, where there is more than dev. */
export function nameOf(
  providers: Providers,
  { userId, userName }: Pick<Login, 'userId' | 'userName'>,
): string {
  const label = providers.get(providerOf(userId))?.label
  const isDevAlone = providers.size === 1 && providers.has('dev')
  return label === undefined || isDevAlone ? userName : `${userName} (${label})`
}
