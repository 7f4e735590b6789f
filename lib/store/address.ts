/** Where the store is: `REDIS_URL`, in its parts. No fault repeats the value, in which a password may stand. */

import { type Parser, parser } from '../platform/environment.ts'

export type StoreAddress =
  | { readonly path: string }
  | {
      readonly host: string
      readonly port: number
      readonly db: number
      readonly username?: string
      readonly password?: string
      /** Over TLS. */
      readonly tls?: object
    }

const WANTED = 'redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH'
const PORT = 6379

/** @throws RangeError saying what is wanted. */
export function toStoreAddress(url: string): StoreAddress {
  const parsed = URL.parse(url)
  const scheme = parsed?.protocol
  if (parsed === null) {
    throw new RangeError(`must be ${WANTED}, with %2F for a / in a password, and so on`)
  }
  if (scheme === 'unix:') return { path: decode(parsed.pathname) }
  if (scheme !== 'redis:' && scheme !== 'rediss:') throw new RangeError(`must be ${WANTED}`)
  const database = parsed.pathname.slice(1)
  if (!/^\d{0,5}$/.test(database)) {
    throw new RangeError('names its database by a number: redis://HOST:PORT/0')
  }
  return {
    host: parsed.hostname,
    port: parsed.port === '' ? PORT : Number(parsed.port),
    db: Number(database),
    ...(parsed.username === '' ? {} : { username: decode(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decode(parsed.password) }),
    ...(scheme === 'rediss:' ? { tls: {} } : {}),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RangeError('has a % that begins no escape: a % in a password is written %25')
  }
}

/** `REDIS_URL`, known to be an address. */
export const storeUrl: Parser<string> = parser(WANTED, (value) => {
  const address = toStoreAddress(value)
  if ('host' in address && address.host === '') throw new RangeError(`must be ${WANTED}`)
  return value
})
