/** Which operations a client carries out, in which order, whatever becomes of them. */

import { createRandom, type Random } from './random.ts'

export interface PlannedOperation<Name extends string> {
  /** From 0. */
  readonly number: number
  readonly name: Name
  /** What the operation itself draws: another stream, so that it disturbs no other operation. */
  readonly random: Random
}

/** How often each comes, beside the others. */
export type Weights<Name extends string> = Readonly<Record<Name, number>>

/** Without end; two clients of different names do different things. */
export function* planOperations<Name extends string>(
  seed: number,
  client: string,
  weights: Weights<Name>,
): Generator<PlannedOperation<Name>> {
  const random = createRandom(seed, 'client', client)
  const names = Object.keys(weights) as Name[]
  const lots = names.flatMap((name) => Array.from({ length: weights[name] }, () => name))
  for (let number = 0; ; number += 1) {
    yield { number, name: random.pick(lots), random: createRandom(seed, client, number) }
  }
}
