/** Refuses with 429 and `Retry-After` (RFC 6585 section 4) whoever asks too often. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { addressKey, clientAddress, siteKey } from '../http/client-address.ts'
import type { Limit, Limits } from '../store/limits.ts'

/** One subscriber of IPv6 has as much as so many addresses have: not as all of the networks that are theirs. */
const ADDRESSES_OF_SITE = 16

/** One for each request of an address, and of the site that it belongs to. */
export function limitByAddress(limits: Limits, limit: Limit): Koa.Middleware {
  const siteLimit = toSiteLimit(limit)
  return async function limitByAddress(ctx, next) {
    const address = clientAddress(ctx)
    const site = siteKey(address)
    await takeOrRefuse(limits, limit, addressKey(address))
    if (site !== undefined) await takeOrRefuse(limits, siteLimit, site)
    await next()
  }
}

/** What all networks of a `siteKey` have together. */
export function toSiteLimit({ name, burst, perMinute, ...rest }: Limit): Limit {
  return {
    ...rest,
    name: `${name}-site`,
    burst: burst * ADDRESSES_OF_SITE,
    perMinute: perMinute * ADDRESSES_OF_SITE,
  }
}

/**
 * `explain`: what a person reads about it where the subject is not they, nor their network.
 * @throws OAuthError with status 429.
 */
export async function takeOrRefuse(
  limits: Limits,
  limit: Limit,
  subject: string,
  explain?: string,
): Promise<void> {
  refuse(limit, await limits.take(limit, subject), explain)
}

/** As `takeOrRefuse` for who did nothing wrong: it does not count. */
export async function refuseIfTaken(limits: Limits, limit: Limit, subject: string): Promise<void> {
  refuse(limit, await limits.peek(limit, subject))
}

function refuse(limit: Limit, retryAfterSeconds: number, explain?: string): void {
  if (retryAfterSeconds === 0) return
  throw new OAuthError('temporarily_unavailable', 'too many requests: wait and try again', {
    status: 429,
    retryAfterSeconds,
    detail: `limit ${limit.name}`,
    ...(explain === undefined ? {} : { explain }),
  })
}
