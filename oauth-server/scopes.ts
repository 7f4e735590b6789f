/** Which scopes there are, and which of those asked for are granted (RFC 6749 section 3.3). */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import { DEFAULT_SCOPE, OFFLINE_ACCESS } from '../lib/oauth/scope.ts'

/** OpenID Connect Core section 5.4, as far as there is something to tell. */
export const OPENID = 'openid'
export const PROFILE = 'profile'
export const EMAIL = 'email'

/** What a scope allows, for people. */
export type ScopeWords =
  /** One that is ours: a page says it in its language, as `scope-<scope>`. */
  | { readonly scope: string }
  /** One of a service, as the operator describes it. */
  | { readonly text: string }

export interface Scopes {
  /** Everything that can be granted: metadata lists it, because some clients ask for all of it. */
  readonly supported: readonly string[]
  /**
   * What is granted for a service: its base scope, without which a token opens nothing, and of the
   * requested ones those that belong to the service or to none. The rest is dropped, not refused.
   */
  grant(service: string, requested: readonly string[]): readonly string[]
  /** What each scope allows, for the person who is asked. */
  describe(service: string, scopes: readonly string[]): readonly ScopeWords[]
}

/**
 * Whether anybody's address is known here: OpenID Connect providers tell it at every login, GitHub only
 * where a rule asks for it.
 */
export function knowsAddresses({
  providers,
  access,
}: Pick<Gateway, 'providers' | 'access'>): boolean {
  const rules = [access.gateway ?? [], ...access.services.values()].flat()
  const isAsked = rules.some(({ kind }) => kind === 'email' || kind === 'email-domain')
  return providers.some(({ kind }) => kind === 'oidc' || (kind === 'github' && isAsked))
}

/** Of the services that there are, and of the addresses that are known, at each moment. */
export function createScopes(live: Pick<LiveGateway, 'current'>): Scopes {
  const general = (): string[] => [
    OFFLINE_ACCESS,
    OPENID,
    PROFILE,
    ...(knowsAddresses(live.current) ? [EMAIL] : []),
  ]
  const ours = (): string[] => [DEFAULT_SCOPE, ...general()]
  const ofService = (service: string): Readonly<Record<string, string>> =>
    live.current.services.get(service)?.scopes ?? {}
  return {
    get supported() {
      const services = [...live.current.services.values()]
      const ofServices = services.flatMap(({ scopes }) => Object.keys(scopes))
      return [DEFAULT_SCOPE, ...ofServices, ...general()]
    },
    grant(service, requested) {
      const known = [...ours(), ...Object.keys(ofService(service))]
      const wanted = requested.filter((scope) => known.includes(scope))
      return [...new Set([DEFAULT_SCOPE, ...wanted])]
    },
    describe(service, scopes) {
      const words = ofService(service)
      const known = ours()
      return scopes.map((scope) =>
        known.includes(scope) ? { scope } : { text: words[scope] || scope },
      )
    },
  }
}
