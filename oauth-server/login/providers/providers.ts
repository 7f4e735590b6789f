/** The providers of this gateway, made of its settings. */

import type { Gateway } from '../../../lib/catalogue/gateway.ts'
import type { ProviderSettings } from '../../../lib/catalogue/providers.ts'
import { ConfigError } from '../../../lib/platform/environment.ts'
import type { Secret } from '../../../lib/platform/secret.ts'
import { createDevProvider } from './dev.ts'
import { createGitHubProvider } from './github.ts'
import { createOidcProvider } from './oidc.ts'
import type { Provider, Providers } from './provider.ts'

/** Client secrets by the variable that holds them. */
export type ProviderSecrets = ReadonlyMap<string, Secret>

export function createProviders(gateway: Gateway, secrets: ProviderSecrets): Providers {
  return new Map(
    gateway.providers.map((settings) => [settings.name, createProvider(settings, secrets)]),
  )
}

function createProvider(settings: ProviderSettings, secrets: ProviderSecrets): Provider {
  if (settings.kind === 'dev') return createDevProvider(settings)
  const { secretName } = settings
  const secret = secretName === undefined ? undefined : requireSecret(secretName, secrets)
  if (settings.kind === 'oidc') return createOidcProvider(settings, secret)
  if (secret === undefined) throw new TypeError('GitHub has no public clients')
  return createGitHubProvider(settings, secret)
}

/** Without it a client would pass for a public one. */
function requireSecret(name: string, secrets: ProviderSecrets): Secret {
  const secret = secrets.get(name)
  if (secret === undefined) {
    throw new ConfigError([`${name} must hold the client secret of a login provider`])
  }
  return secret
}

/** @throws ConfigError when nobody could log in. */
export function requireProvider({ providers, addresses }: Gateway): void {
  if (providers.length > 0) return
  throw new ConfigError([
    `no login provider is configured, and the dev provider exists only on this machine, not at ${addresses.issuer}`,
  ])
}
