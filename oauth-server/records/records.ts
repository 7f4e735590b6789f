/**
 * What people and clients did here, for the audit log: who, what, what came of it, by which request, from
 * where. Nothing secret is part of it.
 *
 * Whatever anybody can cause without a name is bounded: a flood of refusals must not push out of the log what
 * people did.
 */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Tally } from '../../lib/platform/figures.ts'
import { type AddressPolicy, toKeptAddress } from '../../lib/platform/kept-address.ts'
import type { Log } from '../../lib/platform/log.ts'
import { currentRequest } from '../../lib/platform/request-context.ts'
import type { AuditTrail } from '../../lib/store/audit.ts'
import { type AuditRecord, kindOf } from '../../lib/store/audit-record.ts'
import type { CountRecord } from './figures.ts'

export type Deed = Omit<AuditRecord, 'at' | 'room' | 'request_id' | 'address'>

export interface Records {
  /** Nobody waits for it. */
  add(deed: Deed): void
}

export interface RecordsOptions {
  readonly trail: AuditTrail
  /** Is told of all, also of those that are left out. */
  readonly count: CountRecord
  readonly addresses: AddressPolicy
  /** Of those that were left out. */
  readonly leftOut: Tally
  readonly clock: Clock
  readonly log: Log
}

interface Bound {
  readonly burst: number
  readonly perMinute: number
}

/** Of what succeeded, such as registrations: a whole class at once. */
const DONE: Bound = { burst: 1000, perMinute: 60 }
const REFUSED: Bound = { burst: 300, perMinute: 20 }
const MINUTE_MS = 60_000

/** Each kind of deed has its own allowance: garbage at one endpoint hides nothing of another. */
export function createRecords(options: RecordsOptions): Records {
  const { trail, count, addresses, leftOut, clock, log } = options
  const allowances = new Map<string, (now: number) => boolean>()
  let toldAt = Number.NEGATIVE_INFINITY

  function isBeyond({ action, outcome, user }: Deed, now: number): boolean {
    const isDone = outcome === 'ok'
    // What somebody who is known has done is never left out. A refusal may name whose grant was tried.
    if (isDone && user !== undefined) return false
    const key = [kindOf(action), isDone, user === undefined].join(' ')
    const take = allowances.get(key) ?? createAllowance(isDone ? DONE : REFUSED, now)
    allowances.set(key, take)
    return !take(now)
  }

  function leaveOut(now: number): void {
    leftOut.add()
    if (now - toldAt < MINUTE_MS) return
    toldAt = now
    log.warn('some of what strangers do is not in the audit log: it is too much')
  }

  return {
    add(deed) {
      const now = clock()
      count(deed)
      if (isBeyond(deed, now)) return leaveOut(now)
      const request = currentRequest()
      trail.append({
        at: now,
        room: 'oauth-server',
        ...deed,
        request_id: request?.requestId,
        address: toKeptAddress(request?.address ?? '', addresses),
      })
    },
  }
}

/** @returns whether one more may be had now. */
function createAllowance({ burst, perMinute }: Bound, from: number): (now: number) => boolean {
  let left = burst
  let countedAt = from
  return (now) => {
    const grown = ((now - countedAt) / MINUTE_MS) * perMinute
    left = Math.min(burst, left + Math.max(0, grown))
    countedAt = now
    if (left < 1) return false
    left -= 1
    return true
  }
}
