/**
 * Processes that hold what a person has entered, and their end when it has been replaced or deleted.
 *
 * Noticed when the person begins another session of the service, and by a look at the store now and then:
 * nothing lives on with an old value for longer.
 */

import type { Log } from '../../lib/platform/log.ts'
import type { SecretPlace, UserSecrets } from '../../lib/store/user-secrets.ts'
import { SECRETS_CHECK_MS, STOP_WAITS } from '../limits.ts'
import type { ServerProcess } from './server-process.ts'

export type Holder = Pick<ServerProcess, 'ended' | 'isStopping' | 'stop'>

interface Holding {
  readonly place: SecretPlace
  readonly revision: number
}

export class SecretHolders {
  readonly #userSecrets: Pick<UserSecrets, 'revision'>
  readonly #log: Log
  readonly #checkMs: number
  readonly #holders = new Map<Holder, Holding>()
  #timer: NodeJS.Timeout | undefined

  constructor(userSecrets: Pick<UserSecrets, 'revision'>, log: Log, checkMs = SECRETS_CHECK_MS) {
    this.#userSecrets = userSecrets
    this.#log = log
    this.#checkMs = checkMs
  }

  add(process: Holder, place: SecretPlace, revision: number): void {
    this.#holders.set(process, { place, revision })
    void process.ended.then(() => this.#holders.delete(process))
    this.#timer ??= setInterval(() => void this.#check(), this.#checkMs).unref()
  }

  /** `revision`: what the store has now; 0 when everything was deleted. */
  endOutdated({ userId, service }: SecretPlace, revision: number): void {
    for (const [process, { place, revision: held }] of this.#holders) {
      const isOf = place.userId === userId && place.service === service
      // A greater one was read after this one: it is the reader that is late.
      if (!isOf || process.isStopping || (revision !== 0 && held >= revision)) continue
      this.#log.info({ service, user: userId }, 'user secrets have changed: the process ends')
      void process.stop(STOP_WAITS)
    }
  }

  /** Whether it has begun with an older one than that. */
  isOutdated(process: Holder, revision: number): boolean {
    return (this.#holders.get(process)?.revision ?? revision) < revision
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #check(): Promise<void> {
    const places = new Map(
      [...this.#holders.values()].map(({ place }) => [`${place.service} ${place.userId}`, place]),
    )
    try {
      for (const place of places.values()) {
        this.endOutdated(place, await this.#userSecrets.revision(place))
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'user secrets could not be compared')
    }
  }
}
