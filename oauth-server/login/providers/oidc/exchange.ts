/** What the parts of one login, or of one reading of facts, share: the provider, and the one way to ask it for tokens. */

import type {
  Configuration,
  CustomFetch,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client'
import type { OidcSettings } from '../../../../lib/catalogue/providers.ts'
import type { Clock } from '../../../../lib/platform/clock.ts'
import { ProviderError } from '../provider.ts'
import { postOnce } from './bounded-fetch.ts'
import type { Discovery } from './discovery.ts'
import { isSignatureFault } from './faults.ts'

export interface Exchange {
  readonly settings: OidcSettings
  readonly discovery: Discovery
  readonly ask: CustomFetch
  readonly clock: Clock
}

export type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers

/**
 * Keys and algorithms may have changed since they were read: an answer that does not verify is checked
 * once more with those of now. Nothing is sent twice.
 */
export async function withFreshKeys(
  { discovery, ask }: Exchange,
  grant: (configuration: Configuration) => Promise<Tokens>,
): Promise<{ readonly configuration: Configuration; readonly tokens: Tokens }> {
  const once = postOnce(ask)
  const attempt = async () => {
    const configuration = await discovery.configure(once)
    const tokens = await grant(configuration)
    discovery.keepKeys(configuration)
    return { configuration, tokens }
  }
  try {
    return await attempt()
  } catch (error) {
    if (!isSignatureFault(error)) throw error
    discovery.forget()
    return await attempt()
  }
}

export function invalid({ name }: OidcSettings, detail: string): ProviderError {
  return new ProviderError(name, 'invalid', detail)
}

export function expired({ name }: OidcSettings, detail: string): ProviderError {
  return new ProviderError(name, 'expired', detail)
}
