/** Everybody who uses the gateway at the same time, of both eras, and who attacks it. */

import type { GatewayCommand } from '../support/gateway-command.ts'
import { Attacker } from './clients/attacker.ts'
import { AuthorizationWorker } from './clients/authorization-worker.ts'
import { Caller } from './clients/caller.ts'
import type { Member } from './clients/member.ts'
import { type Workplace, work } from './clients/work.ts'

export interface Numbers {
  /** Of each era. */
  readonly callers: number
  readonly authorizationWorkers: number
  readonly attackers: number
}

export interface Population {
  readonly members: readonly Member[]
  /** Resolves when each has ended what it was about. */
  run(): Promise<void>
}

export function populate(place: Workplace, command: GatewayCommand, numbers: Numbers): Population {
  const people = (count: number, first: number): string[] =>
    Array.from({ length: count }, (_, index) => `person-${first + index}`)
  const { callers: each, authorizationWorkers, attackers: some } = numbers
  const callers = [
    ...people(each, 1).map((name) => new Caller(name, 'session', place)),
    ...people(each, 1 + each).map((name) => new Caller(name, 'stateless', place)),
  ]
  const workers = people(authorizationWorkers, 1 + 2 * each).map(
    (name) => new AuthorizationWorker(name, place, command),
  )
  const attackers = people(some, 1 + 2 * each + authorizationWorkers).map(
    (name) => new Attacker(name, place, callers),
  )
  return {
    members: [...callers.flatMap(({ members }) => members), ...workers.map(({ member }) => member)],
    async run() {
      await Promise.all([
        ...callers.map((one) => work(one, place)),
        ...workers.map((one) => work(one, place)),
        ...attackers.map((one) => work(one, place)),
      ])
    },
  }
}
