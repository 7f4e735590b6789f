/** The login providers of a gateway: what each setting means once file and environment are read. */

import { ConfigError, type Environment, readText } from '../platform/environment.ts'
import { Secret } from '../platform/secret.ts'
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

/** What somebody may be called there: a name must be safe wherever a person or a log meets it. */
export const DEV_USERNAME = /^[A-Za-z0-9._-]{1,64}$/

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

/** Where the secret of GitHub's client is unless the file names another variable. */
export const GITHUB_SECRET = 'GITHUB_CLIENT_SECRET'

export const DEV: DevSettings = { kind: 'dev', name: 'dev', label: 'dev', issuer: 'dev' }

/** Those of a gateway for which the operator configured none. */
export function defaultProviders({ loopback }: Pick<Addresses, 'loopback'>): ProviderSettings[] {
  return loopback ? [DEV] : []
}

/** The variables that hold the providers' client secrets. */
export function providerSecretNames(providers: readonly ProviderSettings[]): string[] {
  const named = providers.map((settings) =>
    settings.kind === 'dev' ? undefined : settings.secretName,
  )
  return [...new Set(named.filter((name) => name !== undefined))]
}

/**
 * The providers' client secrets by the variable that holds them.
 * @throws ConfigError with one line for each fault; none tells a secret.
 */
export function readProviderSecrets(
  providers: readonly ProviderSettings[],
  environment: Environment,
): ReadonlyMap<string, Secret> {
  const faults: string[] = []
  const secrets = new Map<string, Secret>()
  for (const name of providerSecretNames(providers)) {
    try {
      secrets.set(name, parseSecret(readText(name, environment)))
    } catch (error) {
      const owners = providers.filter((one) => one.kind !== 'dev' && one.secretName === name)
      const labels = owners.map((owner) => owner.name).join(' and ')
      faults.push(
        `${name}, the client secret of the provider ${labels}, ${(error as Error).message}`,
      )
    }
  }
  if (isIdle(GITHUB_SECRET, providers, environment)) {
    faults.push(`${GITHUB_SECRET} is set, but GITHUB_CLIENT_ID is not: set both or neither`)
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return secrets
}

/** The provider `github` may have its secret from another variable: then this one is only left over. */
function isIdle(
  variable: string,
  providers: readonly ProviderSettings[],
  environment: Environment,
): boolean {
  if (providers.some((one) => one.name === 'github' || one.kind === 'github')) return false
  return [variable, `${variable}_FILE`].some((name) => (environment[name] ?? '') !== '')
}

const SECRET_CHARACTERS_MAX = 1024

/** Whatever the provider made: it is encoded where it is sent. */
function parseSecret(text: string | undefined): Secret {
  if (text === undefined) throw new RangeError('is not set')
  if (text === '' || text.length > SECRET_CHARACTERS_MAX || /[^\x21-\x7e]/.test(text)) {
    throw new RangeError(
      `must be 1 to ${SECRET_CHARACTERS_MAX} printable ASCII characters without blanks`,
    )
  }
  return new Secret(text)
}
