/**
 * Who is admitted now, and who may be no longer: revoked callers lose their exchanges and sessions,
 * expired ones their listening streams.
 *
 * Everybody is judged when they come, and again when the revocations have changed: at once, or, when
 * that happened just before, with the next sweep. While nobody knows what is revoked nothing ends.
 */

import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import type { Replica } from '../lib/store/replica.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import type { RpcFault } from './json-rpc.ts'
import { LEAVE_MS, SWEEP_MS } from './limits.ts'
import type { Session, SessionOwner, Sessions } from './sessions.ts'
import { type RevokedBy, toLapsed, toRevoked } from './withdrawal.ts'

export interface AdmissionsOptions {
  readonly replica: Pick<Replica, 'judge' | 'onChange'>
  readonly sessions: Pick<Sessions<Session>, 'endWhere'>
  readonly clock: Clock
  readonly log: Log
}

export interface Entrance extends Pick<AdmissionOptions, 'identity' | 'cut'> {
  /** Whether it is a stream that would outlive the caller's token. */
  readonly listens: boolean
}

export class Admissions {
  readonly #options: AdmissionsOptions
  readonly #open = new Set<Admission>()
  /** Those among them that end with their token. */
  readonly #listening = new Set<Admission>()
  /** Withdrawn, and since when; over in a moment, unless the client does not read. */
  readonly #leaving = new Map<Admission, number>()
  readonly #unfollow: () => void
  readonly #timer: NodeJS.Timeout
  #judgedAt = Number.NEGATIVE_INFINITY
  /** Whether somebody has not been judged by what is known now. */
  #isOwed = true

  constructor(options: AdmissionsOptions) {
    this.#options = options
    this.#unfollow = options.replica.onChange(() => this.#changed())
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS)
    this.#timer.unref()
  }

  enter({ identity, cut, listens }: Entrance): Admission {
    const onOver = (one: Admission): void => {
      for (const all of [this.#open, this.#listening, this.#leaving]) all.delete(one)
    }
    const onListening = (one: Admission): void => void this.#listening.add(one)
    const options = { identity, cut, onOver, onListening }
    const admission = new Admission(options, this.#options.clock())
    this.#open.add(admission)
    if (listens) this.#listening.add(admission)
    this.#judge(admission)
    return admission
  }

  /** Done each second. */
  sweep(): void {
    if (this.#isOwed) this.#judgeAll()
    const now = this.#options.clock()
    for (const admission of this.#listening) {
      if (admission.lapsesAt <= now) this.#withdraw(admission, toLapsed())
    }
    for (const [admission, since] of this.#leaving) {
      if (now - since >= LEAVE_MS) admission.cut()
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#unfollow()
  }

  #changed(): void {
    this.#isOwed = true
    // Each time everybody is looked at: a storm of revocations must not leave time for nothing else.
    if (this.#options.clock() - this.#judgedAt >= SWEEP_MS) this.#judgeAll()
  }

  #judgeAll(): void {
    this.#judgedAt = this.#options.clock()
    this.#isOwed = false
    for (const admission of this.#open) {
      this.#judge(admission)
    }
    // Last: their calls have been answered with the reason by then.
    this.#options.sessions.endWhere((owner, grantId) => this.#isOver(owner, grantId))
  }

  #judge(admission: Admission): void {
    const by = this.#revokedBy(admission.presented)
    if (by !== undefined) this.#withdraw(admission, toRevoked(by))
  }

  /** A session outlives each of its tokens: neither a revoked one nor a new epoch ends it. */
  #isOver({ user, client, service }: SessionOwner, grantId: string): boolean {
    const issuedAt = Number.POSITIVE_INFINITY
    const by = this.#revokedBy({ tokenId: '', grantId, clientId: client, userId: user, issuedAt })
    if (by !== undefined) this.#options.log.info({ user, service, by }, 'revoked: a session ends')
    return by !== undefined
  }

  #revokedBy(presented: Admission['presented']): RevokedBy | undefined {
    const answer = this.#options.replica.judge(presented)
    if (answer === undefined) this.#isOwed = true
    return answer?.revoked ? answer.by : undefined
  }

  #withdraw(admission: Admission, fault: RpcFault): void {
    if (admission.withdrawal !== undefined) return
    this.#leaving.set(admission, this.#options.clock())
    try {
      admission.withdraw(fault)
    } catch (error) {
      // One that cannot be ended must not keep the others from ending.
      this.#options.log.error({ err: error }, 'an exchange could not be ended')
    }
  }
}
