/** Which web pages may call: the `Origin` rule of the MCP transport, and who gets CORS headers. */

import { escapePattern } from '../platform/escape-pattern.ts'
import type { Gateway } from './gateway.ts'

type OriginSettings = Pick<Gateway, 'addresses' | 'corsOrigins'>

/** Applications have schemes of their own. `null`, which any page can send from a frame, is none. */
const ANY_ORIGIN = '[a-z][a-z0-9+.-]*://.*'

/** Pages on this machine, while the gateway itself can only be reached from it. */
const LOOPBACK_ORIGIN = 'https?://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::[0-9]{1,5})?'

/** One anchored regular expression (RE2 and JavaScript alike) that an allowed `Origin` matches whole. */
export function allowedOriginPattern({ addresses, corsOrigins }: OriginSettings): string {
  if (corsOrigins.includes('*')) return ANY_ORIGIN
  const listed = [addresses.issuer, ...corsOrigins].map(escapePattern)
  return [...listed, ...(addresses.loopback ? [LOOPBACK_ORIGIN] : [])].join('|')
}

/** The rule as a function; an absent `Origin` is for the caller to let pass. */
export function originRule(settings: OriginSettings): (origin: string) => boolean {
  const pattern = new RegExp(`^(?:${allowedOriginPattern(settings)})$`)
  return (origin) => pattern.test(origin)
}
