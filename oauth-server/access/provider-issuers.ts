/**
 * A provider's name belongs to one issuer: under another the same ids would be other people.
 *
 * It is bound when the first person comes from there, so that an address may be mended before.
 */

import type { ProviderSettings } from '../../lib/catalogue/providers.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Ports } from '../ports.ts'
import { PROVIDER_ISSUERS_KEY, type ProviderIssuers } from '../store/provider-issuers.ts'

/** @throws ConfigError for each provider whose name people of another issuer have. */
export async function requireBoundProviders(
  providers: readonly Pick<ProviderSettings, 'name' | 'issuer'>[],
  issuers: Pick<ProviderIssuers, 'all'>,
): Promise<void> {
  const bound = await issuers.all()
  const faults = providers.flatMap(({ name, issuer }) => {
    const held = bound.get(name) ?? issuer
    return held === issuer ? [] : [explain(name, issuer, held)]
  })
  if (faults.length > 0) throw new ConfigError(faults)
}

function explain(name: string, issuer: string, held: string): string {
  return (
    `providers.${name}: people have logged in under this name through ${held}, not ${issuer}, ` +
    'where the same id may be somebody else: give the new provider another name; ' +
    'or, where both know everybody by the same id, make the gateway forget the first: ' +
    `HDEL mcp-gateway:${PROVIDER_ISSUERS_KEY} ${name} in its store`
  )
}

/** For a login: binds the name at its first use. @throws OAuthError 503 under another issuer. */
export function createIssuerCheck({
  providers,
  families,
  log,
}: Pick<Ports, 'providers' | 'families' | 'log'>): (provider: string) => Promise<void> {
  const checked = new Set<string>()
  return async (name) => {
    const issuer = providers.get(name)?.issuer
    if (issuer === undefined || checked.has(name)) return
    const held = await families.providerIssuers.bind(name, issuer)
    if (held !== issuer) {
      log.error({ provider: name }, explain(name, issuer, held))
      throw new OAuthError('temporarily_unavailable', 'this login provider is set up wrongly')
    }
    checked.add(name)
  }
}
