/**
 * What becomes of a request that does not belong here: its session is with another bridge process, or that
 * one owns the process which `initialize` needs. It is passed on there.
 *
 * Whom it was passed on to may have heard of it although no answer came: what is not known to do the same when it is
 * done twice is not done again.
 *
 * The end of a bridge process ends its sessions: their clients are told to begin again. Who begins waits, within
 * a bound, until what that process owned has passed on.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { HOP_HEADER } from '../lib/oauth/identity-headers.ts'
import type { Log } from '../lib/platform/log.ts'
import type { Bridge } from './bridge.ts'
import { callerOf, type Exchange, headerOf } from './exchange.ts'
import type { Forwarding, Outcome } from './forwarding.ts'
import type { Instances } from './instances.ts'
import { RpcFault } from './json-rpc.ts'
import { OwnedElsewhere } from './leases.ts'
import { REPEATABLE } from './methods.ts'
import { ageOf, momentNow } from './moment.ts'
import { recover } from './recover.ts'
import { SessionNotHere } from './sessions.ts'
import type { InstanceRecord } from './store/instances.ts'

/** The other bridge processes, as seen from this one. */
export interface Peers {
  readonly instances: Instances
  readonly forwarding: Forwarding
  /** Of a lease. */
  readonly termMs: number
  readonly log: Log
}

/** Terms of a lease: it ends within one. */
const WAIT_TERMS = 1.5
const LOOK_MS = 250
/** Of a session's bridge process that went away in the middle: it may take another connection while it ends. */
const TRIES = 3

/**
 * `thrown`: what serving it here came to; `serveHere` tries again.
 * @throws whatever the client has to be told.
 */
export async function serveElsewhere(
  bridge: Bridge,
  exchange: Exchange,
  thrown: unknown,
  serveHere: (bridge: Bridge, exchange: Exchange) => Promise<void>,
): Promise<void> {
  if (thrown instanceof SessionNotHere) return await askSession(bridge, exchange, thrown)
  const start = momentNow()
  let fault = thrown
  while (fault instanceof OwnedElsewhere) {
    if (await askOwner(bridge, exchange, fault.instance)) return
    if (ageOf(start) > bridge.peers.termMs * WAIT_TERMS) throw notNow()
    await sleep(LOOK_MS)
    // Nobody would hear of what is begun now, nor end it.
    if (exchange.response.destroyed) return
    exchange.admission.assertStands()
    try {
      return await serveHere(bridge, exchange)
    } catch (again) {
      fault = again
    }
  }
  throw fault
}

async function askSession(
  bridge: Bridge,
  exchange: Exchange,
  notHere: SessionNotHere,
): Promise<void> {
  const { sessions, peers } = bridge
  const { id } = notHere
  const instance = await sessions.whereIs(id, callerOf(exchange))
  if (instance === undefined) return await recover(bridge, exchange, notHere)
  if (instance !== peers.instances.own.id) {
    if (await askInstance(bridge, exchange, instance)) return
    const { service, user } = callerOf(exchange)
    // For the operator: what ended with a bridge process, its clients begin anew.
    peers.log.info({ service, user }, 'session of an earlier bridge process')
  }
  sessions.forget(id)
  await recover(bridge, exchange, notHere)
}

/** Whether it has answered; false when it is gone. @throws RpcFault 503 while it does not keep up. */
async function askInstance(bridge: Bridge, exchange: Exchange, instance: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const peer = await orNotNow(bridge.peers.instances.find(instance))
    if (peer === undefined) return false
    const outcome = await passOn(bridge, exchange, peer)
    if (outcome === 'answered') return true
    if (outcome === 'nobody') return false
    if (outcome === 'busy') break
    await sleep(LOOK_MS)
  }
  throw notNow()
}

/** Whether the one that owns the process has answered. */
async function askOwner(bridge: Bridge, exchange: Exchange, instance: string): Promise<boolean> {
  const { instances } = bridge.peers
  const peer = await orNotNow(instances.named(instance))
  // What an earlier life of this process owned has to end by itself.
  if (peer === undefined || peer.id === instances.own.id) return false
  return (await passOn(bridge, exchange, peer)) === 'answered'
}

/**
 * @throws RpcFault 503 for what was passed on before: it would go round in a circle; 502 for what was not answered
 * and must not be repeated.
 */
async function passOn(
  { peers }: Bridge,
  exchange: Exchange,
  peer: InstanceRecord,
): Promise<Outcome> {
  if (headerOf(exchange.request, HOP_HEADER) !== undefined) throw notNow()
  exchange.admission.assertStands()
  const watch = (onGone: () => void) => peers.instances.watch(peer.id, onGone)
  const outcome = await peers.forwarding.send(exchange, peer.socket, watch)
  if (outcome === 'unanswered' && !isRepeatable(exchange)) throw unanswered(exchange)
  return outcome
}

function isRepeatable({ request, asked, calls = [] }: Exchange): boolean {
  if (request.method !== 'POST' || calls.length === 0) return true
  return calls.length === 1 && REPEATABLE.has(asked?.method ?? '')
}

function unanswered({ service }: Exchange): RpcFault {
  const what = 'the process of the gateway that had this request went away before it answered'
  return new RpcFault(
    502,
    'internal',
    `the service ${service.name}: ${what}: it may have been carried out`,
  )
}

async function orNotNow<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (cause) {
    throw notNow(cause)
  }
}

function notNow(cause?: unknown): RpcFault {
  const message = 'what this belongs to is with another process of the gateway: try again later'
  return new RpcFault(503, 'refused', message, { cause, headers: { 'retry-after': '1' } })
}
