/** What an operator allows beside the public internet: `EGRESS_ALLOW`. Nothing by default. */

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { list, type Parser, parser } from '../environment.ts'
import { type Destination, parseAuthority } from './destination.ts'

export interface AllowList {
  /** Whether this host may be connected to at this address of its, and at this port. */
  allows(destination: Destination, address: string): boolean
}

export const NOTHING_ALLOWED: AllowList = { allows: () => false }

type Rule = AllowList['allows']

const WANTS = 'a list of hosts, addresses and ranges, by comma'

/**
 * By comma: hosts, addresses and CIDR ranges, each with a port or for every port. A host is allowed
 * whatever its addresses are, a range whatever the name is.
 */
export const allowList: Parser<AllowList> = parser(WANTS, (text) => {
  const rules = list(text).map(toRule)
  return {
    allows: (destination, address) => rules.some((allows) => allows(destination, address)),
  }
})

/** `[::1]:80`, `10.0.0.0/8:443`, `host:80`: what stands before the port, and the port. */
const WITH_PORT = /^(\[[^\]]*\](?:\/\d+)?|[^:]*):(\d{1,5})$/

function toRule(entry: string): Rule {
  const [, place = entry, portText] = WITH_PORT.exec(entry) ?? []
  const bare = place.replace(/^\[([^\]]*)\]/, '$1')
  const isPlace = toRange(bare) ?? toName(bare)
  if (isPlace === undefined || (portText !== undefined && !isPort(Number(portText)))) {
    throw new RangeError(
      `must list hosts, addresses or CIDR ranges, each with :port or without, not "${entry}"`,
    )
  }
  const port = portText === undefined ? undefined : Number(portText)
  return (destination, address) =>
    (port === undefined || port === destination.port) && isPlace(destination, address)
}

function isPort(number: number): boolean {
  return number >= 1 && number <= 65_535
}

/** Undefined for what is neither an address nor a range. */
function toRange(text: string): Rule | undefined {
  const [address = '', bits, ...more] = text.split('/')
  const kind = isIP(address)
  if (kind === 0 || more.length > 0) return undefined
  const range = `${address}/${bits ?? (kind === 4 ? 32 : 128)}`
  if (!ipaddr.isValidCIDR(range)) return undefined
  const [network, prefix] = ipaddr.parseCIDR(range)
  return (_, text) => {
    const one = ipaddr.parse(text)
    return one.kind() === network.kind() && one.match([network, prefix] as never)
  }
}

/** Undefined for what is no name in the spelling that connections use. */
function toName(text: string): Rule | undefined {
  const name = text.toLowerCase()
  if (!/^[a-z0-9._-]+$/.test(name)) return undefined
  if (parseAuthority(`${name}:80`)?.host !== name) return undefined
  return ({ host }) => host === name
}
