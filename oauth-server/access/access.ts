/** Who may in. This server alone evaluates it, from the facts it keeps in `users`. */

import type { AccessSettings } from '../../lib/catalogue/access-rules.ts'
import { providerOf } from '../login/person.ts'
import type { Needs } from '../login/providers/provider.ts'
import type { Ports } from '../ports.ts'
import type { User } from '../store/users.ts'
import { type EndingPorts, endIfDisabled, endWhatFails } from './end-what-fails.ts'
import { isOpen, needsOf } from './evaluate.ts'
import { createFacts, type FactsPorts } from './facts.ts'
import { createIssuerCheck } from './provider-issuers.ts'
import { createStandings, mayUse } from './standing.ts'
import { sweepPeople } from './sweep.ts'

export interface Access {
  /** What has to be asked of a provider for the rules as they are now. */
  needsOf(provider: string): Needs
  /**
   * A provider has just told who somebody is. Whoever may in is kept with these facts; of a stranger
   * nothing is. Either way every live grant of theirs that no longer holds ends now.
   * @param upstreamToken as `UpstreamAnswer.token`; sealed before it is kept.
   * @returns whether they may in at all.
   */
  admit(user: User, upstreamToken: string | undefined): Promise<boolean>
  /**
   * Whether somebody known may use a service now (undefined: may in at all). Facts that are too old are
   * read again first. What they no longer may has ended when this says no.
   * @throws OAuthError 503 when they would have to be read again and cannot.
   */
  allows(userId: string, service: string | undefined): Promise<boolean>
  /**
   * As `allows`, for whoever goes on with a grant that lives. Whom an operator has disabled has none, because
   * disabling ends them in one step, which the scripts see that mint: nobody is asked once more.
   */
  stillAllows(userId: string, service: string | undefined): Promise<boolean>
  /** The services somebody known may use, by the facts at hand; undefined: whoever is not signed in. */
  servicesOf(userId: string | undefined): Promise<readonly string[]>
}

/** As the process holds it, which sees the configuration change. What a change ends, `sweep` ends. */
export interface LiveAccess extends Access {
  /**
   * Ends every live grant that the rules no longer allow, by the facts at hand, and whatever somebody disabled
   * has left. May be done again at any time, by any number of processes. Rejects when the store does not answer.
   */
  sweep(): Promise<void>
}

export type AccessPorts = EndingPorts & Pick<Ports, 'providers'> & Omit<FactsPorts, 'needsOf'>

export function createAccess(ports: AccessPorts): LiveAccess {
  const { live, families, providers, log } = ports
  const needs = (provider: string): Needs => needsOf(live.current.access, provider)
  const facts = createFacts({ ...ports, needsOf: needs })
  const standings = createStandings(ports, facts)
  const checkIssuer = createIssuerCheck(ports)
  /** Rules that were replaced meanwhile decide nothing. */
  const byRules = async <T>(decide: (rules: AccessSettings) => Promise<T>): Promise<T> => {
    for (;;) {
      const { access: rules } = live.current
      const decision = await decide(rules)
      if (rules === live.current.access) return decision
    }
  }
  const isDisabled = async (userId: string): Promise<boolean> => {
    if (!(await endIfDisabled(ports, userId))) return false
    log.warn({ user: userId }, 'refused: disabled by the operator')
    return true
  }
  const fulfils: Access['stillAllows'] = async (userId, service) => {
    const { access, services } = live.current
    if (isOpen(access) && providers.has(providerOf(userId))) {
      return service === undefined || services.has(service)
    }
    const look = await byRules((rules) => standings.now(rules, userId, service))
    const isAllowed = mayUse(look.standing, service)
    if (!isAllowed) log.warn({ user: userId, service }, 'access refused')
    if (!isAllowed || look.areFactsNew) {
      await endWhatFails(ports, userId, look.standing, 'no longer allowed')
    }
    return isAllowed
  }
  return {
    needsOf: needs,

    async admit(user, upstreamToken) {
      const { id, provider } = user
      await checkIssuer(provider)
      if (await isDisabled(id)) return false
      const judge = () => byRules((rules) => standings.ofTold(rules, user))
      let standing = await judge()
      if (standing.isAdmitted) {
        await families.users.record(facts.toKnown(user, upstreamToken))
        // A sweep by other rules may have passed before the record was there.
        standing = await judge()
      }
      await endWhatFails(ports, id, standing, 'refused at login')
      if (standing.isAdmitted) log.info({ user: id, provider }, 'person admitted')
      else log.warn({ user: id, provider }, 'person refused')
      return standing.isAdmitted
    },

    async allows(userId, service) {
      if (await isDisabled(userId)) return false
      return await fulfils(userId, service)
    },

    stillAllows: fulfils,

    async servicesOf(userId) {
      const { access, services: all } = live.current
      if (userId === undefined) return openServices(access, [...all.keys()])
      const { services } = await byRules((rules) => standings.atHand(rules, userId))
      return [...services]
    },

    sweep: () => sweepPeople(ports, byRules, standings),
  }
}

/** Those that whoever may in may use; where there is none, the person has to say who they are first. */
function openServices({ services }: AccessSettings, names: readonly string[]): readonly string[] {
  const open = names.filter((name) => !services.has(name))
  return open.length > 0 ? open : names
}
