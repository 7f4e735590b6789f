/**
 * What one server has not read of its stdin, as part of what waits for all servers of its person, and for everybody's.
 *
 * Each stdin has a bound of its own (input-queue.ts), and one person many of them: notifications and answers are
 * taken without a word, so that no body that is still held would bound what waits.
 */

import { RpcFault } from '../json-rpc.ts'
import { UNSENT_SHARE_BYTES } from '../limits.ts'
import type { Unread, Waiting } from '../unread.ts'
import type { HostedChild } from './host.ts'

export interface InputAccount {
  readonly unread: Unread
  /** Whose the server is now; a name of its own where nobody has it for themselves. */
  readonly holder: () => string
}

export class InputShare implements Waiting {
  readonly #account: InputAccount
  readonly #child: Pick<HostedChild, 'unreadBytes'>
  #holder = ''
  #bytes = 0
  #hasEnded = false

  constructor(account: InputAccount, child: Pick<HostedChild, 'unreadBytes'>) {
    this.#account = account
    this.#child = child
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws RpcFault 503 when too much waits for others of the same holder, or for everybody's. */
  assertRoomFor(bytes: number): void {
    // A little may always wait for each.
    if (this.#child.unreadBytes + bytes <= UNSENT_SHARE_BYTES) return
    const { unread, holder } = this.#account
    if (unread.hasRoomFor(holder(), bytes)) return
    const message =
      'too much waits for servers that do not read: try again later, or end some sessions with DELETE'
    throw new RpcFault(503, 'refused', message, { headers: { 'retry-after': '5' } })
  }

  /** What most have not read yet, in the moment after it was written, is not worth counting. */
  recount(): void {
    const unread = this.#hasEnded ? 0 : this.#child.unreadBytes
    const bytes = unread > UNSENT_SHARE_BYTES ? unread : 0
    const change = bytes - this.#bytes
    if (change === 0) return
    // Given back to whom it was taken from: a spare becomes somebody's.
    if (this.#bytes === 0) this.#holder = this.#account.holder()
    this.#bytes = bytes
    this.#account.unread.changed(this.#holder, this, change)
  }

  end(): void {
    this.#hasEnded = true
    this.recount()
  }
}
