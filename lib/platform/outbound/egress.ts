/**
 * Connections for programs that connect wherever a stranger tells them to: to the public internet alone.
 *
 * A name is looked up once, all its addresses are judged, and the connection goes to what was judged.
 * This machine's own addresses are refused though they may be public: behind them is what a firewall
 * keeps from everybody else.
 */

import type { LookupAddress } from 'node:dns'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type AllowList, NOTHING_ALLOWED } from './allow-list.ts'
import type { Destination } from './destination.ts'
import { OutboundError } from './outbound-error.ts'
import { pinnedTo } from './pinned.ts'
import { isPublicAddress } from './public-address.ts'
import { createResolve, findAddresses, type Resolve } from './resolve.ts'

/**
 * Resolves with a connection.
 * @throws OutboundError telling why there is none.
 */
export type Dial = (destination: Destination, signal: AbortSignal) => Promise<Socket>

export interface EgressOptions {
  readonly allowed?: AllowList
  readonly resolve?: Resolve
  /** Of this machine. */
  readonly ownAddresses?: () => readonly string[]
}

/** What serves the web, and what a browser is sent to. Others need an entry of their own in the allow list. */
const WEB_PORTS: ReadonlySet<number> = new Set([80, 443, 8080, 8443])

/** Looking up and connecting together. */
const DIAL_MS_MAX = 15_000

export function createDial(options: EgressOptions = {}): Dial {
  const { allowed = NOTHING_ALLOWED, ownAddresses = addressesOfInterfaces } = options
  const { resolve = createResolve() } = options
  return async (destination, signal) => {
    const limit = AbortSignal.timeout(DIAL_MS_MAX)
    const either = AbortSignal.any([signal, limit])
    try {
      const addresses = await findAddresses(destination.host, resolve, either)
      judge(destination, addresses, allowed, ownAddresses())
      return await connectTo(destination, addresses, either)
    } catch (error) {
      if (limit.aborted) throw new OutboundError('deadline')
      throw error instanceof OutboundError ? error : new OutboundError('connection', error)
    }
  }
}

/**
 * One private address among public ones is an attempt, not an accident: all of them must do.
 * @throws OutboundError
 */
function judge(
  destination: Destination,
  addresses: readonly LookupAddress[],
  { allows }: AllowList,
  own: readonly string[],
): void {
  const others = addresses.filter(({ address }) => !allows(destination, address))
  if (others.some(({ address }) => !isPublicAddress(address) || own.includes(address))) {
    throw new OutboundError('address')
  }
  if (others.length > 0 && !WEB_PORTS.has(destination.port)) throw new OutboundError('port')
}

function connectTo(
  { host, port }: Destination,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host, port, lookup: pinnedTo(addresses), allowHalfOpen: true })
  const abort = (): void => void socket.destroy(new Error('nobody waits for it'))
  signal.addEventListener('abort', abort, { once: true })
  socket.once('connect', () => {
    signal.removeEventListener('abort', abort)
    socket.off('error', reject)
    resolve(socket)
  })
  socket.once('error', reject)
  return promise
}

function addressesOfInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map((one) => one.address))
}
