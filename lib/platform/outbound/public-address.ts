/** Which addresses are on the public internet: everything special is not (RFC 6890). */

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What is handed out to anybody. Outside of it IPv4 hides in many forms, and the rest is unassigned. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether every host of the internet means the same machine by it. */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST)
}
