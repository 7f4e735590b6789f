/**
 * Which bridge process may run the processes of a (service, whose, era), when there are several.
 *
 * Two processes on one file lose data, so there is one owner at a time: a lease passes on only after its
 * end, and an owner that could not renew in time ends its processes before that.
 */

import type { Era } from './runner/servers.ts'

/** What is owned: never two processes for one of these, on whatever bridge. */
export interface LeaseSubject {
  readonly service: string
  /** `sub` of the person whose process it is; undefined for one that everybody shares. */
  readonly user: string | undefined
  /** Of its process: one that has spoken one of them does not speak the other. Default: sessions. */
  readonly era?: Era
}

export interface Lease {
  /** Greater than that of any owner before. */
  readonly fence: number
  /** Aborted when the lease could not be renewed: what runs under it must end now. */
  readonly lost: AbortSignal
  /** Gives it back: call it when nothing runs under it any more. */
  release(): Promise<void>
}

/** The other bridge process that owns it: the request belongs there. */
export class OwnedElsewhere extends Error {
  override readonly name = 'OwnedElsewhere'
  readonly instance: string

  constructor(instance: string) {
    super(`owned by the bridge ${instance}`)
    this.instance = instance
  }
}

export interface Leases {
  /**
   * Ours from then on, renewed until it is released.
   * @throws OwnedElsewhere when another bridge has it.
   * @throws RpcFault 503 when the store does not tell.
   */
  take(subject: LeaseSubject): Promise<Lease>
}
