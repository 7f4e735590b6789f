/**
 * What every login provider is to this server, whatever it speaks itself.
 *
 * A provider keeps nothing: state, PKCE verifier and nonce are made and checked by whoever calls it, and
 * come again at the end of a login as they went in at its beginning.
 */

/** What the access rules need that a provider tells only when it is asked for more. */
export interface Needs {
  readonly emails: boolean
  readonly organizations: boolean
  readonly teams: boolean
  readonly groups: boolean
}

/** An organisation or a team: the name may change hands, the id does not. */
export interface Membership {
  readonly id: string
  /** In lower case; of a team `organisation/team`. */
  readonly name: string
}

/** Who somebody is, as a provider tells it. */
export interface Identity {
  /** The provider's stable id: never a name that can be changed. */
  readonly providerId: string
  /** What people call them; may change, and may be somebody else's tomorrow. */
  readonly name: string
  /**
   * What a rule by a login means: the name that it gives to nobody else at the same time, exactly as it writes
   * it; in lower case where capitals make no difference there. Undefined where it tells none.
   */
  readonly login?: string | undefined
  /** Verified ones alone, in lower case, the preferred one first; empty when not asked for. */
  readonly emails: readonly string[]
  /** Undefined: not asked for. */
  readonly organizations?: readonly Membership[] | undefined
  readonly teams?: readonly Membership[] | undefined
  readonly groups?: readonly string[] | undefined
}

/** One login on its way through a provider. */
export interface UpstreamLogin {
  readonly state: string
  /** PKCE, RFC 7636: 43 characters. */
  readonly codeVerifier: string
  readonly nonce: string
  /** `<issuer>/callback/<provider>`, or `/callback` for GitHub. */
  readonly redirectUri: string
  readonly needs: Needs
  readonly loginHint: string | undefined
  /** The person is to prove anew who they are, or wants to be somebody else. */
  readonly anew: boolean
}

export interface UpstreamAnswer {
  readonly identity: Identity
  /** When the person proved who they are, epoch seconds, where the provider tells. */
  readonly authenticatedAt?: number | undefined
  /**
   * What facts can be read with again later, as this provider wants it back; only where the needs ask
   * for organisations, teams or groups. A secret: it is sealed by whoever keeps it.
   */
  readonly token?: string | undefined
}

/**
 * Told at once of a token that takes the place of the one that was given: that one may be dead from then on,
 * whatever else fails. Never rejects.
 */
export type KeepToken = (token: string) => Promise<void>

/** A provider that people are sent to. */
export interface RedirectProvider {
  readonly kind: 'redirect'
  readonly name: string
  readonly label: string
  readonly issuer: string
  /** Where to send the browser. @throws ProviderError `unavailable`. */
  begin(login: UpstreamLogin): Promise<URL>
  /** @param callback the URL that the browser came back with. @throws ProviderError. */
  finish(login: UpstreamLogin, callback: URL): Promise<UpstreamAnswer>
  /** Reads the facts again; the answer's token replaces the one that was given. @throws ProviderError. */
  read(token: string, needs: Needs, keep: KeepToken): Promise<UpstreamAnswer>
}

/** Asks for a name on our own page and believes it. */
export interface DevProvider {
  readonly kind: 'dev'
  readonly name: string
  readonly label: string
  readonly issuer: string
  /** Undefined for what is no name. */
  identify(username: string): Identity | undefined
}

export type Provider = RedirectProvider | DevProvider

/** By name, in the order in which pages offer them. */
export type Providers = ReadonlyMap<string, Provider>

/**
 * `cancelled`: the person said no there. `blocked`: their account is shut out there. `unavailable`: it does
 * not answer, or not in its own words; another try may help. `expired`: a token that facts were read with is
 * of no use any more. `misconfigured`: it does not accept us, the operator has to act. `invalid`: an answer
 * that must not be believed.
 */
export type ProviderFault =
  | 'cancelled'
  | 'blocked'
  | 'unavailable'
  | 'expired'
  | 'misconfigured'
  | 'invalid'

/** `detail` is for the log: no secrets, no codes. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly provider: string
  readonly fault: ProviderFault
  readonly detail: string

  constructor(provider: string, fault: ProviderFault, detail: string, options?: ErrorOptions) {
    super(`${provider}: ${fault}: ${detail}`, options)
    this.provider = provider
    this.fault = fault
    this.detail = detail
  }
}
