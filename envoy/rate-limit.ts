/**
 * How much one address may ask of what anybody can reach: a flood stops at the edge, before it is work
 * for the authorization server, whose own limits say how often a thing may be done.
 *
 * A class room or a vendor's cloud comes from one address: hundreds of people at once must fit.
 */

import { RATE_LIMIT_FILTER } from './filters.ts'

const TYPE = 'type.googleapis.com'

const BURST = 2000
const PER_SECOND = 200
/** The least recently seen are forgotten: some megabytes, whoever comes from wherever. */
const ADDRESSES_MAX = 20_000

/** An IPv6 subscriber has a whole /64, so that is one address. */
const ADDRESS = { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 }

/** Off unless a route switches it on. `factor` multiplies every limit. */
export function rateLimitFilter(factor: number): object {
  const always = (runtime_key: string): object => ({
    runtime_key,
    default_value: { numerator: 100 },
  })
  return {
    name: RATE_LIMIT_FILTER,
    disabled: true,
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit`,
      stat_prefix: 'public',
      filter_enabled: always('rate_limit.enabled'),
      filter_enforced: always('rate_limit.enforced'),
      rate_limits: [{ actions: [{ masked_remote_address: ADDRESS }] }],
      descriptors: [{ entries: [{ key: 'masked_remote_address' }], token_bucket: bucket(factor) }],
      max_dynamic_descriptors: ADDRESSES_MAX,
      // Who has no address does not exist; whoever has one is counted by it alone.
      token_bucket: bucket(factor),
      always_consume_default_token_bucket: false,
    },
  }
}

/** What a route carries that has the limit. */
export function rateLimited(factor: number): object {
  if (factor === 0) return {}
  return {
    [RATE_LIMIT_FILTER]: { '@type': `${TYPE}/envoy.config.route.v3.FilterConfig`, config: {} },
  }
}

function bucket(factor: number): object {
  const times = Math.max(1, factor)
  return { max_tokens: BURST * times, tokens_per_fill: PER_SECOND * times, fill_interval: '1s' }
}
