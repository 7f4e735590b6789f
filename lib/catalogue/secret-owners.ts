/** Whose a secret is: what a login provider knows us by is no client's and no service's. */

import type { Services } from './catalogue.ts'
import type { ConfiguredClients } from './configured-client.ts'
import { launchTexts } from './launch-texts.ts'
import { type ProviderSettings, providerSecretNames } from './providers.ts'
import type { Service } from './service.ts'

/** A child that is handed a provider's secret could pose as this gateway there. */
export function secretOwnerFaults(
  providers: readonly ProviderSettings[],
  clients: ConfiguredClients,
  services: Services,
): string[] {
  return providerSecretNames(providers).flatMap((name) => [
    ...[...clients.values()]
      .filter(({ secretName }) => secretName === name)
      .map(({ id }) => `clients.${id}.client_secret: ${name} ${TAKEN}`),
    ...[...services.values()]
      .filter((service) => names(service, name))
      .map((service) => `mcpServers.${service.name}: \${secret.${name}} ${TAKEN}`),
  ])
}

const TAKEN = 'is the client secret of a login provider: use another variable'

function names(service: Service, secretName: string): boolean {
  return launchTexts(service).some((text) => text.includes(`\${secret.${secretName}}`))
}
