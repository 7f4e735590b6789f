/** A caller's address, as Envoy saw it; and how much of it is kept where it is kept for long. */

import { isIPv4, isIPv6 } from 'node:net'

/** `network`: of IPv4 the first 24 bits, of IPv6 the first 48, which is a company or a street. */
export const ADDRESS_POLICIES = ['full', 'network', 'none'] as const
export type AddressPolicy = (typeof ADDRESS_POLICIES)[number]

/**
 * The last hop before Envoy, of `X-Forwarded-For`: what a caller writes into that header stands before it.
 * Empty when the request did not come through Envoy.
 */
export function lastHop(forwardedFor: string | undefined): string {
  return forwardedFor?.split(',').at(-1)?.trim() ?? ''
}

/** Undefined for what is no address, or is not to be kept. */
export function toKeptAddress(address: string, policy: AddressPolicy): string | undefined {
  if (policy === 'none') return undefined
  if (isIPv4(address))
    return policy === 'full' ? address : `${address.split('.').slice(0, 3).join('.')}.0/24`
  if (!isIPv6(address)) return undefined
  return policy === 'full' ? address : `${ipv6Network(address, 3)}::/48`
}

/** The first groups of an IPv6 address, each in its shortest form: one network is one text. */
export function ipv6Network(address: string, groups: number): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const left = head.split(':').filter((group) => group !== '')
  const right = tail?.split(':').filter((group) => group !== '') ?? []
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const network = [...left, ...zeros, ...right].slice(0, groups)
  return network.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')
}
