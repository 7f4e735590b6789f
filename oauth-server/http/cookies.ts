/**
 * Cookies of this server. They ignore ports, so the names carry the issuer: two gateways on one host
 * do not disturb each other. A cookie that is not ours is ignored, never cleared.
 */

import { createHash, randomBytes } from 'node:crypto'
import type Koa from 'koa'
import type { Addresses } from '../../lib/catalogue/addresses.ts'

export interface Cookie {
  /** The value, or undefined when there is none of the shape we make. */
  read(ctx: Koa.Context): string | undefined
  write(ctx: Koa.Context, value: string): void
  /** Only for a value that was found to be ours. */
  clear(ctx: Koa.Context): void
}

export interface BrowserCookie {
  /** The values in the order of their sending, 64 at most; more than one only after `write` raced with itself. */
  readAll(ctx: Koa.Context): readonly string[]
  write(ctx: Koa.Context, value: string): void
}

export interface Cookies {
  /**
   * Binds interactions to the browser they began in. Several tabs may open at once before any has a
   * cookie: each answer then sets one of its own name, so that none takes the other's away.
   */
  readonly browser: BrowserCookie
  /** The browser's login. */
  readonly login: Cookie
}

/**
 * An application may open a tab for each of its servers at once. Somebody who sends more is not a browser that
 * raced: these are some 5 KB of headers already.
 */
const BROWSER_COOKIES_MAX = 64

/** 256 random bits in base64url, as `randomText()` makes them. */
const VALUE = /^[A-Za-z0-9_-]{43}$/

export function createCookies(
  { issuer, secure }: Pick<Addresses, 'issuer' | 'secure'>,
  loginSeconds: number,
): Cookies {
  const hash = createHash('sha256').update(issuer).digest('hex').slice(0, 8)
  // `__Host-` wants Secure: on loopback http there is neither (RFC 6265bis section 4.1.3.2).
  const nameOf = (word: string): string => `${secure ? '__Host-' : ''}mcp-${word}-${hash}`
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  const [browser, login] = [nameOf('browser'), nameOf('login')]
  return {
    browser: {
      readAll: (ctx) =>
        readPairs(ctx.get('cookie'))
          .filter(([name, value]) => name.startsWith(`${browser}-`) && VALUE.test(value))
          .map(([, value]) => value)
          .slice(0, BROWSER_COOKIES_MAX),
      write(ctx, value) {
        const name = `${browser}-${randomBytes(3).toString('hex')}`
        ctx.append('Set-Cookie', `${name}=${value}; ${attributes}`)
      },
    },
    login: {
      read: (ctx) =>
        readPairs(ctx.get('cookie')).find(
          ([name, value]) => name === login && VALUE.test(value),
        )?.[1],
      write: (ctx, value) =>
        setOnce(ctx, login, `${login}=${value}; ${attributes}; Max-Age=${loginSeconds}`),
      clear: (ctx) => setOnce(ctx, login, `${login}=; ${attributes}; Max-Age=0`),
    },
  }
}

/** In place of an earlier one: no answer names a cookie twice (RFC 6265 section 4.1.1). */
function setOnce(ctx: Koa.Context, name: string, line: string): void {
  const lines = [ctx.res.getHeader('Set-Cookie') ?? []].flat().map(String)
  ctx.set('Set-Cookie', [...lines.filter((one) => !one.startsWith(`${name}=`)), line])
}

function readPairs(header: string): [name: string, value: string][] {
  return header.split(';').map((pair) => {
    const [name = '', value = ''] = pair.trim().split(/=(.*)/s)
    return [name, value]
  })
}
