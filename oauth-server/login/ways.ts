/** The ways to log in that a page offers, and what its button says. */

import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { Login } from '../store/logins.ts'
import { markOf, nameOf, providerOf } from './person.ts'

/** What pages/who.eta shows. */
export interface Ways {
  /** Whoever is signed in, as people read it. */
  readonly signedIn: string | undefined
  /** The same person, as the form says who was named: `markOf`. */
  readonly named: string | undefined
  /** Whether there is more than one: then the person chooses. */
  readonly isChoice: boolean
  readonly redirects: readonly { readonly name: string; readonly label: string }[]
  readonly dev: { readonly label: string; readonly username: string } | undefined
  /** What the approving button says: a key of pages/words/who.ts. */
  readonly approve: Phrase
}

export interface Visitor {
  readonly login: Login | undefined
  readonly loginHint?: string | undefined
}

export function toWays({ providers }: Pick<Ports, 'providers'>, visitor: Visitor): Ways {
  const { login } = visitor
  const all = [...providers.values()]
  const redirects = all.filter(({ kind }) => kind === 'redirect')
  const dev = providers.get('dev')
  const isDevAlone = dev !== undefined && redirects.length === 0
  return {
    signedIn: login && nameOf(providers, login),
    named: login && markOf(login),
    isChoice: !isDevAlone && (login !== undefined || all.length > 1),
    redirects: redirects.map(({ name, label }) => ({ name, label })),
    dev: dev && { label: dev.label, username: toUsername({ providers }, visitor) },
    approve: toButton(
      login,
      redirects.map(({ label }) => label),
      dev !== undefined,
    ),
  }
}

/** What the dev provider's field begins with: a name of its own alone. */
function toUsername(
  { providers }: Pick<Ports, 'providers'>,
  { login, loginHint }: Visitor,
): string {
  if (login !== undefined) {
    const isOnly = providers.size === 1 && providerOf(login.userId) === 'dev'
    return isOnly ? login.userName : ''
  }
  const dev = providers.get('dev')
  return (dev?.kind === 'dev' && dev.identify(loginHint ?? '')?.name) || ''
}

function toButton(
  login: Login | undefined,
  [provider, ...others]: readonly string[],
  hasDev: boolean,
): Phrase {
  if (login !== undefined || provider === undefined) return { key: 'approve' }
  if (others.length > 0 || hasDev) return { key: 'approveAndLogIn' }
  return { key: 'approveWith', values: { provider } }
}
