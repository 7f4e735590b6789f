/** A store that was put back to an earlier state than its readers have seen: what it has forgotten must not count again. */

import type { Redis } from 'ioredis'
import type { Log } from '../platform/log.ts'
import { goesOnFrom, type Mark } from './replica-reads.ts'
import { isEarlier, type StoreState } from './revocation.ts'
import { redisRevocations } from './revocations.ts'

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
  async refuse(found: StoreState, seen: Mark): Promise<void> {
    const isSame = found.epoch.id === seen.epoch.id
    const hasLess = isEarlier(found, seen)
    // As much can have been written since as was lost: then what was seen last stands nowhere.
    if (!hasLess && (!isSame || (await goesOnFrom(this.#redis, seen)))) return
    this.#tell(found, seen)
    await redisRevocations(this.#redis).renewEpoch({
      epochId: found.epoch.id,
      ...(isSame && hasLess ? { number: seen.number } : {}),
      notBefore: seen.epoch.notBefore,
    })
    throw new Error('the store was put back to an earlier state')
  }

  /** The store is as it should be: what is found from now on is told again. */
  forget(): void {
    this.#told = ''
  }

  #tell(found: StoreState, seen: StoreState): void {
    const told = `${found.epoch.id} ${found.number}`
    if (told === this.#told) return
    this.#told = told
    this.#log.error(
      { seen: describe(seen), found: describe(found) },
      'the store was put back to an earlier state: what was issued before now is refused',
    )
  }
}

function describe({ epoch, number }: StoreState): object {
  return { epoch: epoch.id, not_before: epoch.notBefore, number }
}
