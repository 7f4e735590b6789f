/**
 * Clients that the operator wrote down in `gateway.yaml`. They never expire, and nobody manages them
 * over the network.
 */

import {
  type ConfiguredClient,
  type ConfiguredClients,
  readClientSecrets,
} from '../../lib/catalogue/configured-client.ts'
import type { OAuthError } from '../../lib/oauth/error.ts'
import { type Clock, toSeconds } from '../../lib/platform/clock.ts'
import { ConfigError, collectFaults, type Environment } from '../../lib/platform/environment.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Client, ClientKeys } from './client.ts'
import { parseClientKeys } from './key-metadata.ts'
import { redirectUriFault } from './redirect-uri.ts'

/**
 * By client_id. Of their secrets only hashes stay in memory.
 * @throws ConfigError with one line for each fault.
 */
export function readConfiguredClients(
  clients: ConfiguredClients,
  environment: Environment,
  clock: Clock,
): ReadonlyMap<string, Client> {
  const faults: string[] = []
  const keys = collectFaults(() => readClientKeys(clients), faults)
  const secrets = collectFaults(() => readClientSecrets(clients, environment), faults)
  if (keys === undefined || secrets === undefined) throw new ConfigError(faults)
  const registeredAt = toSeconds(clock())
  return new Map(
    [...clients].map(([id, client]) => {
      const secret = secrets.get(id)
      return [
        id,
        {
          id,
          kind: 'configured',
          name: client.name,
          redirectUris: client.redirectUris,
          authMethod: client.authMethod,
          grantTypes: client.grantTypes,
          services: client.services,
          echoed: {},
          keys: keys.get(id),
          secretDigest: secret === undefined ? undefined : digest(secret.reveal()),
          registeredAt,
        },
      ]
    }),
  )
}

/**
 * By client_id; undefined for one that has none. Redirect URIs are checked beside them: both need no secret.
 * @throws ConfigError with one line for each fault.
 */
export function readClientKeys(
  clients: ConfiguredClients,
): ReadonlyMap<string, ClientKeys | undefined> {
  const faults = [...clients.values()].flatMap(redirectUriFaults)
  const keys = new Map([...clients.values()].map((client) => [client.id, readKeys(client, faults)]))
  if (faults.length > 0) throw new ConfigError(faults)
  return keys
}

/** Adds what is wrong to `faults`. */
function readKeys({ id, keys }: ConfiguredClient, faults: string[]): ClientKeys | undefined {
  try {
    return keys === undefined ? undefined : parseClientKeys(keys)
  } catch (error) {
    faults.push(`clients.${id}: ${(error as OAuthError).message}`)
    return undefined
  }
}

function redirectUriFaults({ id, redirectUris }: ConfiguredClient): string[] {
  return redirectUris.flatMap((uri) => {
    const fault = redirectUriFault(uri)
    return fault === undefined ? [] : [`clients.${id}.redirect_uris: ${uri} ${fault}`]
  })
}
