/** Addresses that answers make: the issuer, and where a provider sends people back to. */

import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import type { Answers, ProviderAnswer } from './answers.ts'

type Where = Pick<Answers, 'place' | 'port'>

export function issuerOf({ place, port }: Where): string {
  if (place.kind === 'domain') return `https://auth.${place.domain}`
  return `${place.tls ? 'https' : 'http'}://localhost:${port}`
}

/** Whether it is an address of this machine, as a trial has it. */
export function isTrialAddress(text: string | undefined): boolean {
  const url = URL.parse(text ?? '')
  return url !== null && isLoopbackHost(url.hostname)
}

/** What the provider has to know of this gateway. */
export function callbackOf(where: Where, provider: ProviderAnswer): string {
  const suffix = provider.kind === 'oidc' ? `/${provider.name}` : ''
  return `${issuerOf(where)}/callback${suffix}`
}
