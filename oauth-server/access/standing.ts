/** How somebody stands by the rules, found out from what is kept of them. */

import type { AccessSettings } from '../../lib/catalogue/access-rules.ts'
import { providerOf } from '../login/person.ts'
import type { Ports } from '../ports.ts'
import type { AccessBindings, Bindings } from '../store/bindings.ts'
import { type KnownUser, toBareUser, type User } from '../store/users.ts'
import { bindingsOf, claimsOf, judge, type Standing, withoutPerishable } from './evaluate.ts'
import type { Facts } from './facts.ts'

export interface Look {
  readonly standing: Standing
  /** They were read again: what they do not allow any more has to end. */
  readonly areFactsNew: boolean
}

export interface Standings {
  /** Of somebody whom a provider has just told of. */
  ofTold(rules: AccessSettings, user: User): Promise<Standing>
  /** By the facts at hand. */
  atHand(rules: AccessSettings, userId: string): Promise<Standing>
  /** By facts that are as new as the rules need them. @throws OAuthError 503. */
  now(rules: AccessSettings, userId: string, service: string | undefined): Promise<Look>
}

export function createStandings(
  { live, families, providers }: Pick<Ports, 'live' | 'families' | 'providers'>,
  facts: Facts,
): Standings {
  const services = (): string[] => [...live.current.services.keys()]
  const { users, accessBindings } = families
  const see = async (rules: AccessSettings, userId: string): Promise<Seen> => {
    const [found, bindings] = await Promise.all([
      users.find(userId),
      heldBindings(accessBindings, rules),
    ])
    const known = found && (await facts.tidy(found))
    return { known, bindings }
  }
  const judgeSeen = async (rules: AccessSettings, userId: string, { known, bindings }: Seen) => {
    // A provider that was taken away vouches for nobody.
    if (!providers.has(providerOf(userId))) return NOBODY
    if (known === undefined) return judge(rules, toBareUser(userId), bindings, services())
    const claimed = facts.mayBind(known)
      ? await claim(accessBindings, rules, known, bindings)
      : bindings
    return judge(rules, known, claimed, services())
  }
  return {
    async ofTold(rules, user) {
      const bindings = await heldBindings(accessBindings, rules)
      return judge(rules, user, await claim(accessBindings, rules, user, bindings), services())
    },
    async atHand(rules, userId) {
      return await judgeSeen(rules, userId, await see(rules, userId))
    },
    async now(rules, userId, service) {
      const seen = await see(rules, userId)
      const { known, bindings } = seen
      if (known === undefined || !facts.areOld(known)) {
        return { standing: await judgeSeen(rules, userId, seen), areFactsNew: false }
      }
      // Whoever is let in by what lasts needs no provider for it.
      const lasting = await judgeSeen(rules, userId, { known: withoutPerishable(known), bindings })
      if (mayUse(lasting, service)) return { standing: lasting, areFactsNew: false }
      const renewed = await facts.renew(known)
      const standing = await judgeSeen(rules, userId, { known: renewed, bindings })
      return { standing, areFactsNew: renewed?.readAt !== known.readAt }
    },
  }
}

interface Seen {
  /** Undefined: nothing but the id is known. */
  readonly known: KnownUser | undefined
  readonly bindings: Bindings
}

export function mayUse({ isAdmitted, services }: Standing, service: string | undefined): boolean {
  return service === undefined ? isAdmitted : services.has(service)
}

const NONE: Bindings = new Map()
const NOBODY: Standing = { isAdmitted: false, services: new Set() }

async function heldBindings(store: AccessBindings, rules: AccessSettings): Promise<Bindings> {
  return bindingsOf(rules).size === 0 ? NONE : await store.all()
}

/** The bindings, with those that this person is the first to match. */
async function claim(
  store: AccessBindings,
  rules: AccessSettings,
  user: User,
  bindings: Bindings,
): Promise<Bindings> {
  const claims = claimsOf(rules, user, bindings)
  if (claims.length === 0) return bindings
  await store.bind(claims)
  return await store.all()
}
