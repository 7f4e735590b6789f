/** A store that was put back to an earlier state than its readers have seen: what it has forgotten must not count again. */

import type { Redis } from 'ioredis'
import type { Log } from '../platform/log.ts'
import type { Mark } from './replica-reads.ts'
import { redisRevocations } from './revocations.ts'

/** What a reader holds to be the store's state, or finds there. */
export type State = Pick<Mark, 'epoch' | 'number'>

export class PutBack {
  readonly #redis: Redis
  readonly #log: Log
  /** While it cannot be written, what was told of it is no news. */
  #told = ''

  constructor(redis: Redis, log: Log) {
    this.#redis = redis
    this.#log = log
  }

  /** @throws Error when it was put back, also after a new epoch was begun in it: that one is to be found first. */
  async refuse(found: State, seen: State): Promise<void> {
    if (!isEarlier(found, seen)) return
    this.#tell(found, seen)
    await redisRevocations(this.#redis).renewEpoch({
      epochId: found.epoch.id,
      ...(found.epoch.id === seen.epoch.id ? { number: seen.number } : {}),
      notBefore: seen.epoch.notBefore,
    })
    throw new Error('the store was put back to an earlier state')
  }

  /** The store is as it should be: what is found from now on is told again. */
  forget(): void {
    this.#told = ''
  }

  #tell(found: State, seen: State): void {
    const told = `${found.epoch.id} ${found.number}`
    if (told === this.#told) return
    this.#told = told
    this.#log.error(
      { seen: describe(seen), found: describe(found) },
      'the store was put back to an earlier state: what was issued before now is refused',
    )
  }
}

/** Fewer writes in the same epoch, or an epoch that began before: numbers of two epochs say nothing. */
export function isEarlier({ epoch, number }: State, seen: State): boolean {
  return epoch.id === seen.epoch.id ? number < seen.number : epoch.notBefore < seen.epoch.notBefore
}

function describe({ epoch, number }: State): object {
  return { epoch: epoch.id, not_before: epoch.notBefore, number }
}
