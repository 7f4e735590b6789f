/** Keeps a certificate that is good: asks for one when it is due, publishes it, keeps the old one when that fails. */

import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { type Pair, PairFault } from './pair.ts'
import type { Served } from './publish.ts'
import {
  type Attempts,
  afterFailure,
  afterSuccess,
  faultAt,
  isToBeRenewed,
  nextAttemptAt,
  ofAuthority,
  upToNow,
} from './schedule.ts'

export interface Issuer {
  /** Tells its certificates from those of others. */
  readonly origin: string
  /** Whether its certificates begin by the clock of this machine. */
  readonly byOurClock?: boolean
  /** @throws Error whose message says what is wrong. */
  issue(names: readonly string[], signal: AbortSignal): Promise<Pair>
}

export interface RenewalPorts {
  readonly issuer: Issuer
  /** As they are now. */
  names(): readonly string[]
  served(): Served | undefined
  publish(served: Served): void
  readonly attempts: AttemptsFile
  /** After each change of what `state` answers. */
  changed(): void
  readonly clock: Clock
  readonly log: Log
}

/** How it went before, which a restart must not forget. */
export interface AttemptsFile {
  /** @param now milliseconds since the epoch. */
  read(now: number): Attempts
  /** @returns what counts of them from now on. */
  keep(attempts: Attempts): Attempts
}

export interface RenewalState {
  readonly fault: string | undefined
  readonly nextAttemptAt: number
}

/** Looks this often in any case: a machine may sleep, whose timers do too, and its clock be set. */
const LOOK_MS_MAX = 60_000
/** Several services added by one hand become one certificate. */
const GATHER_MS = 500
/** Who waits longer wants to know. */
const TOLD_MS_MIN = 60_000

export class Renewal {
  readonly #ports: RenewalPorts
  readonly #stopping = new AbortController()
  #attempts: Attempts
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(ports: RenewalPorts) {
    this.#ports = ports
    this.#attempts = ofAuthority(ports.attempts.read(ports.clock()), ports.issuer.origin)
  }

  get state(): RenewalState {
    const situation = this.#situation()
    const fault = faultAt(situation, this.#ports.clock())
    return { fault, nextAttemptAt: nextAttemptAt(situation) }
  }

  /** Resolves when nothing is due any more, or it failed. */
  async settle(): Promise<void> {
    if (this.state.nextAttemptAt <= this.#ports.clock()) await this.#attempt()
    this.#schedule()
  }

  start(): void {
    this.#schedule()
  }

  namesChanged(): void {
    this.#ports.changed()
    if (this.#running !== undefined) return
    this.#schedule(GATHER_MS)
    const waitMs = this.state.nextAttemptAt - this.#ports.clock()
    const missing = this.#ports.names().filter((name) => !this.#ports.served()?.pair.covers(name))
    if (missing.length === 0 || waitMs < TOLD_MS_MIN) return
    const next_attempt = new Date(this.state.nextAttemptAt)
    this.#ports.log.warn({ names: missing, next_attempt }, 'these names wait for a certificate')
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #situation(names = this.#ports.names()) {
    const { issuer } = this.#ports
    return { served: this.#begun(), origin: issuer.origin, names, attempts: this.#attempts }
  }

  /**
   * Without one that begins later than now, where the clock was ahead when it was made: another one begins in time.
   * An authority's begins by its clock: there ours is behind, and to ask again would help nobody.
   */
  #begun(): Served | undefined {
    const { issuer, served, clock } = this.#ports
    const now = served()
    const isEarly = issuer.byOurClock === true && now !== undefined && now.pair.notBefore > clock()
    return isEarly ? undefined : now
  }

  #schedule(waitMsMin = 0): void {
    clearTimeout(this.#timer)
    if (this.#stopping.signal.aborted) return
    const attempts = upToNow(this.#attempts, this.#ports.clock())
    if (attempts !== this.#attempts) this.#remember(attempts)
    const waitMs = this.state.nextAttemptAt - this.#ports.clock()
    const look = (): void => {
      const isDue = this.state.nextAttemptAt <= this.#ports.clock()
      this.#running = isDue ? this.#attempt().finally(() => this.#ended()) : undefined
      if (!isDue) this.#schedule()
    }
    this.#timer = setTimeout(look, Math.min(Math.max(waitMs, waitMsMin), LOOK_MS_MAX))
  }

  #ended(): void {
    this.#running = undefined
    this.#schedule()
  }

  async #attempt(): Promise<void> {
    const { issuer, publish, clock, log } = this.#ports
    const names = this.#ports.names()
    log.info({ names, origin: issuer.origin }, 'asking for a certificate')
    try {
      const pair = requireNames(await issuer.issue(names, this.#stopping.signal), names)
      publish({ pair, origin: issuer.origin })
      if (isToBeRenewed(pair, clock())) return this.#endsTooSoon(names, pair)
      this.#remember(afterSuccess(this.#situation(names), clock()))
      log.info({ names, expires: new Date(pair.notAfter) }, 'a new certificate is served')
    } catch (error) {
      // Told to end while asking: nobody failed.
      if (this.#stopping.signal.aborted) return
      const fault = error instanceof Error ? error.message : String(error)
      this.#remember(afterFailure(this.#situation(names), fault, clock()))
      const next_attempt = new Date(this.state.nextAttemptAt)
      log.error({ names, fault, next_attempt }, 'no new certificate; the one before stays')
    }
  }

  /** The next one would end no later, and an authority counts them: asked for as seldom as after a failure. */
  #endsTooSoon(names: readonly string[], { notAfter }: Pair): void {
    const { clock, log } = this.#ports
    const [now, expires] = [new Date(clock()), new Date(notAfter)]
    const fault = `the certificate that came ends on ${expires.toISOString()}, and here it is ${now.toISOString()}: set the clock of this machine, or have the authority's set`
    this.#remember(afterFailure(this.#situation(names), fault, clock()))
    const next_attempt = new Date(this.state.nextAttemptAt)
    log.error({ names, fault, next_attempt }, 'a new certificate is served, and due for renewal')
  }

  #remember(attempts: Attempts): void {
    this.#attempts = this.#ports.attempts.keep(attempts)
    this.#ports.changed()
  }
}

function requireNames(pair: Pair, names: readonly string[]): Pair {
  const missing = names.filter((name) => !pair.covers(name))
  if (missing.length === 0) return pair
  throw new PairFault(`the certificate that came is not for ${missing.join(', ')}`)
}
