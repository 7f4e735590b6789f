/**
 * A caller's admission to one exchange: the edge has given it, and it may be withdrawn while the
 * exchange is open.
 *
 * Whoever works on the exchange says how it ends early. Before anybody has, nothing has begun, and
 * the exchange ends where it would begin.
 */

import type { Identity } from '../lib/oauth/identity-headers.ts'
import { toSeconds } from '../lib/platform/clock.ts'
import type { Presented } from '../lib/store/revocation.ts'
import type { RpcFault } from './json-rpc.ts'
import { LAPSE_GRACE_MS } from './limits.ts'

export interface AdmissionOptions {
  readonly identity: Identity
  /** Ends the exchange whatever it is doing. */
  readonly cut: () => void
  /** Called when the exchange is over. */
  readonly onOver: (admission: Admission) => void
  /** Called when it turns out to be a stream that would outlive the caller's token. */
  readonly onListening?: (admission: Admission) => void
}

export class Admission {
  readonly presented: Presented
  /** Milliseconds: from then on the edge lets nobody in with this token. */
  readonly lapsesAt: number
  readonly #options: AdmissionOptions
  #end: (fault: RpcFault) => void = () => {}
  #withdrawal: RpcFault | undefined
  #isHeld = false
  #tellOver: () => void = () => {}
  #hasLeft = false

  constructor(options: AdmissionOptions, now: number) {
    const { tokenId, grantId, clientId, userId, expiresAt } = options.identity
    // The edge does not say when the token was issued; later than it was used it cannot have been.
    this.presented = { tokenId, grantId, clientId, userId, issuedAt: toSeconds(now) }
    this.lapsesAt = expiresAt * 1000 + LAPSE_GRACE_MS
    this.#options = options
  }

  /** Why it was withdrawn; undefined while it stands. */
  get withdrawal(): RpcFault | undefined {
    return this.#withdrawal
  }

  /** @throws RpcFault with the reason once it was withdrawn. */
  assertStands(): void {
    if (this.#withdrawal !== undefined) throw this.#withdrawal
  }

  /** How the exchange ends early, from now on. */
  endBy(end: (fault: RpcFault) => void): void {
    this.#end = end
  }

  /** It has become a stream that would outlive the caller's token: it ends with that. */
  listen(): void {
    this.#options.onListening?.(this)
  }

  withdraw(fault: RpcFault): void {
    if (this.#withdrawal !== undefined) return
    this.#withdrawal = fault
    this.#end(fault)
  }

  /** For an exchange that should have ended and has not, e.g. because its client does not read. */
  cut(): void {
    this.#options.cut()
  }

  /** Calls back when the exchange is over: what was asked for too, whether its client is still there or not. */
  whenOver(tell: () => void): void {
    this.#tellOver = tell
  }

  /** What was asked for goes on when the client leaves; returns what tells that it is complete. */
  hold(): () => void {
    this.#isHeld = true
    return () => {
      this.#isHeld = false
      if (this.#hasLeft) this.#over()
    }
  }

  clientLeft(): void {
    this.#hasLeft = true
    if (!this.#isHeld) this.#over()
  }

  #over(): void {
    this.#tellOver()
    this.#options.onOver(this)
  }
}
