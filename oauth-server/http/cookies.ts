/**
 * Cookies of this server. They ignore ports, so the names carry the issuer: two gateways on one host
 * do not disturb each other. A cookie that is not ours is ignored, never cleared.
 */

import { createHash } from 'node:crypto'
import type Koa from 'koa'
import type { Addresses } from '../../lib/catalogue/addresses.ts'

export interface Cookie {
  /** The value, or undefined when there is none of the shape we make. */
  read(ctx: Koa.Context): string | undefined
  write(ctx: Koa.Context, value: string): void
}

export interface Cookies {
  /** Binds interactions to the browser they began in. */
  readonly browser: Cookie
  /** The browser's login. */
  readonly login: Cookie
}

/** 256 random bits in base64url, as `randomText()` makes them. */
const VALUE = /^[A-Za-z0-9_-]{43}$/

export function createCookies(
  { issuer, secure }: Pick<Addresses, 'issuer' | 'secure'>,
  loginSeconds: number,
): Cookies {
  const suffix = createHash('sha256').update(issuer).digest('hex').slice(0, 8)
  const cookie = (word: string, lifetime: string): Cookie => {
    // `__Host-` wants Secure: on loopback http there is neither (RFC 6265bis section 4.1.3.2).
    const name = `${secure ? '__Host-' : ''}mcp-${word}-${suffix}`
    const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${lifetime}`
    return {
      read: (ctx) => readCookie(ctx.get('cookie'), name),
      write: (ctx, value) => ctx.append('Set-Cookie', `${name}=${value}; ${attributes}`),
    }
  }
  return {
    browser: cookie('browser', ''),
    login: cookie('login', `; Max-Age=${loginSeconds}`),
  }
}

function readCookie(header: string, name: string): string | undefined {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .find((value) => VALUE.test(value))
}
