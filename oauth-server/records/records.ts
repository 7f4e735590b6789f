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
import type { AuditRecord } from '../../lib/store/audit-record.ts'

export type Deed = Omit<AuditRecord, 'at' | 'room' | 'request_id' | 'address'>

export interface Records {
  /** Nobody waits for it. */
  add(deed: Deed): void
}

export interface RecordsOptions {
  readonly trail: AuditTrail
  readonly addresses: AddressPolicy
  /** Of those that were left out. */
  readonly leftOut: Tally
  readonly clock: Clock
  readonly log: Log
}

/** Of deeds by nobody who is known: so many at once, then so many a minute. */
const STRANGERS_BURST = 300
const STRANGERS_PER_MINUTE = 20
const MINUTE_MS = 60_000

export function createRecords({ trail, addresses, leftOut, clock, log }: RecordsOptions): Records {
  let allowance = STRANGERS_BURST
  let countedAt = clock()
  let isFull = false

  function mayStranger(now: number): boolean {
    const grown = ((now - countedAt) / MINUTE_MS) * STRANGERS_PER_MINUTE
    allowance = Math.min(STRANGERS_BURST, allowance + Math.max(0, grown))
    countedAt = now
    if (allowance < 1) return false
    allowance -= 1
    return true
  }

  return {
    add(deed) {
      const now = clock()
      if (deed.user === undefined && !mayStranger(now)) {
        leftOut.add()
        if (!isFull)
          log.warn('what strangers do is not in the audit log for a while: it is too much')
        isFull = true
        return
      }
      isFull = false
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
