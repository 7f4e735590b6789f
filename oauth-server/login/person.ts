/** Who decides, as a form says it: whoever is signed in, a name, or somebody whom a provider vouches for. */

import { digest } from '../../lib/platform/seal.ts'
import type { Params } from '../http/params.ts'
import type { Login } from '../store/logins.ts'
import { toUser, type User } from '../store/users.ts'
import type {
  DevProvider,
  Provider,
  Providers,
  RedirectProvider,
  UpstreamAnswer,
} from './providers/provider.ts'

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
  /** Than the one whom the page named as signed in. */
  readonly isAnother: boolean
}

export type Person = Present | Away

/** What a form can say wrong: a key of pages/words/who.ts. */
export type PersonProblem = 'chooseWay' | 'writeName' | 'accountChanged'

export interface Acquaintance {
  readonly login: Login | undefined
  readonly providers: Providers
}

/**
 * The person, or what they have to hear. Whoever is signed in is meant only by a form whose page named them:
 * in another tab the browser may have got another login since, or lost it.
 */
export function parsePerson(
  params: Params,
  { login, providers }: Acquaintance,
): Person | PersonProblem {
  const username = providers.has('dev') ? params.get('username') : undefined
  const chosen = params.get('provider')
  const named = params.get('named')
  if (chosen === undefined && username === undefined && named !== undefined) {
    const isStillHere = login !== undefined && named === markOf(login)
    return isStillHere ? { kind: 'known', login } : 'accountChanged'
  }
  const provider = chosen === undefined ? onlyWay(providers, username) : providers.get(chosen)
  if (provider === undefined) return 'chooseWay'
  if (provider.kind === 'redirect') {
    return { kind: 'away', provider, isAnother: named !== undefined }
  }
  return identifyByName(provider, username, login)
}

function identifyByName(
  provider: DevProvider,
  username: string | undefined,
  login: Login | undefined,
): Present | 'writeName' {
  if (login !== undefined && isOwnName(username, login)) return { kind: 'known', login }
  const identity = provider.identify(username ?? '')
  if (identity === undefined) return 'writeName'
  return { kind: 'new', arrival: { user: toUser(provider.name, identity) } }
}

/** What the form of a page carries of the account that the page names. */
export function markOf({ userId }: Pick<Login, 'userId'>): string {
  return digest(`named ${userId}`)
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
