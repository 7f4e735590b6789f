/**
 * What a provider says about itself (OpenID Connect Discovery 1.0), read when somebody first needs it: a
 * provider that is down when this server starts keeps nobody else out.
 */

import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  type ExportedJWKSCache,
  enableNonRepudiationChecks,
  getJwksCache,
  None,
  type ServerMetadata,
  setJwksCache,
} from 'openid-client'
import { isLoopbackHost } from '../../../../lib/catalogue/addresses.ts'
import type { OidcSettings } from '../../../../lib/catalogue/providers.ts'
import type { Clock } from '../../../../lib/platform/clock.ts'
import type { Secret } from '../../../../lib/platform/secret.ts'
import { shareRunning } from '../../../clients/documents/share-running.ts'
import { ProviderError } from '../provider.ts'
import { createBoundedFetch } from './bounded-fetch.ts'

export interface Discovery {
  /** The provider as it describes itself; everything that is asked of it goes through `ask`. */
  configure(ask: CustomFetch): Promise<Configuration>
  /** The keys that were read on the way need not be read again. */
  keepKeys(configuration: Configuration): void
  /** What is known may be out of date: it is read again when it is next needed. */
  forget(): void
}

interface Known {
  readonly metadata: ServerMetadata
  readonly readAt: number
  keys: ExportedJWKSCache | undefined
}

const FRESH_MS = 600_000

export function createDiscovery(
  settings: OidcSettings,
  secret: Secret | undefined,
  { clock, deadlineMs }: { readonly clock: Clock; readonly deadlineMs: number },
): Discovery {
  let known: Known | undefined
  const read = shareRunning(async (): Promise<Known> => {
    const ask = createBoundedFetch(settings.name, AbortSignal.timeout(deadlineMs))
    known = { metadata: await readMetadata(settings, ask), readAt: clock(), keys: undefined }
    return known
  })
  return {
    async configure(ask) {
      // Not what was read when our clock was ahead: nobody knows how long ago that was.
      const isFresh = known !== undefined && Math.abs(clock() - known.readAt) < FRESH_MS
      const { metadata, keys } = isFresh && known !== undefined ? known : await read('metadata')
      const auth = chooseAuthentication(secret, metadata)
      const configuration = new Configuration(metadata, settings.clientId, undefined, auth)
      configuration[customFetch] = ask
      // The deadline is in `ask`.
      configuration.timeout = 0
      if (isPlain(settings)) allowInsecureRequests(configuration)
      enableNonRepudiationChecks(configuration)
      if (keys !== undefined) setJwksCache(configuration, keys)
      return configuration
    },
    keepKeys(configuration) {
      if (known !== undefined) known.keys = getJwksCache(configuration) ?? known.keys
    },
    forget() {
      known = undefined
    },
  }
}

/**
 * The issuer is compared byte for byte, and here: it is what every ID token must name, and the library
 * makes exceptions.
 */
async function readMetadata(settings: OidcSettings, ask: CustomFetch): Promise<ServerMetadata> {
  const { name, issuer, clientId } = settings
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const found = await discovery(url, clientId, undefined, None(), {
    [customFetch]: ask,
    ...(isPlain(settings) ? { execute: [allowInsecureRequests] } : {}),
  })
  const { supportsPKCE: _, ...metadata } = found.serverMetadata()
  if (metadata.issuer === issuer) return metadata
  const detail = `its metadata name the issuer ${toPrintable(metadata.issuer)}: configure that one`
  throw new ProviderError(name, 'misconfigured', detail)
}

function toPrintable(issuer: string): string {
  return issuer.replace(/[^\x21-\x7e]/g, '?').slice(0, 256)
}

/** Only what listens on this machine may do without TLS. */
function isPlain({ issuer }: OidcSettings): boolean {
  const { protocol, hostname } = new URL(issuer)
  return protocol === 'http:' && isLoopbackHost(hostname)
}

/**
 * In the form where it may stand there: what is in Basic is encoded twice, and not by everybody alike.
 * Basic is what everybody takes, says the standard, also who does not say so.
 */
function chooseAuthentication(
  secret: Secret | undefined,
  { token_endpoint_auth_methods_supported: methods = [] }: ServerMetadata,
): ClientAuth {
  if (secret === undefined) return None()
  return methods.includes('client_secret_post')
    ? ClientSecretPost(secret.reveal())
    : ClientSecretBasic(secret.reveal())
}
