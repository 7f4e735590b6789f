/** The login providers of a gateway: what each setting means once file and environment are read. */

import type { Addresses } from './addresses.ts'

interface Common {
  /** First part of every `sub` of its people; bound to `issuer` at first use. */
  readonly name: string
  /** For people: `GitHub`, `Okta`. */
  readonly label: string
  /** Who vouches for its ids. */
  readonly issuer: string
}

/** Whoever asks is believed: on loopback only. */
export interface DevSettings extends Common {
  readonly kind: 'dev'
}

export interface GitHubSettings extends Common {
  readonly kind: 'github'
  /** Where people log in, without a trailing slash: `https://github.com`, or GitHub Enterprise. */
  readonly url: string
  /** `https://api.github.com`, or `https://ghe.example/api/v3`. */
  readonly apiUrl: string
  readonly clientId: string
  /** The environment variable that holds the client secret. */
  readonly secretName: string
}

export interface OidcSettings extends Common {
  readonly kind: 'oidc'
  readonly clientId: string
  /** Absent: a public client. */
  readonly secretName: string | undefined
  /** The claim that lists a person's groups. */
  readonly groupsClaim: string
  /** The claim that names a person for people; it may change. */
  readonly loginClaim: string
  /** Asked for beside `openid profile email`. */
  readonly scopes: readonly string[]
  /** The operator owns the directory: its e-mail addresses count as verified without `email_verified`. */
  readonly trustsEmail: boolean
}

export type ProviderSettings = DevSettings | GitHubSettings | OidcSettings

export const DEV: DevSettings = { kind: 'dev', name: 'dev', label: 'dev', issuer: 'dev' }

/** Those of a gateway for which the operator configured none. */
export function defaultProviders({ loopback }: Pick<Addresses, 'loopback'>): ProviderSettings[] {
  return loopback ? [DEV] : []
}
