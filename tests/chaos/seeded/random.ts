/** Random numbers that a seed repeats on every machine: each user of them has a stream of its own. */

import { createHash } from 'node:crypto'

export interface Random {
  /** At least 0, less than 1. */
  next(): number
  /** A whole number, at least 0 and less than `bound`. */
  below(bound: number): number
  /** A whole number; both ends may come. */
  between(least: number, most: number): number
  /** True so often, of one. */
  chance(share: number): boolean
  /** @throws RangeError when there is nothing to pick. */
  pick<One>(from: readonly One[]): One
  shuffle<One>(list: readonly One[]): One[]
}

/** @param names of the seed and of whose stream it is: the same names are the same numbers. */
export function createRandom(...names: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(JSON.stringify(names)).digest()
  const state = Uint32Array.from([0, 4, 8, 12], (at) => hash.readUInt32LE(at))
  const next = (): number => advance(state) / 2 ** 32
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (share) => next() < share,
    pick<One>(from: readonly One[]): One {
      if (from.length === 0) throw new RangeError('nothing to pick from')
      return from[below(from.length)] as One
    },
    shuffle<One>(list: readonly One[]): One[] {
      const left = [...list]
      return list.map(() => left.splice(below(left.length), 1)[0] as One)
    },
  }
}

/** Marsaglia's xorshift128: whole 32-bit numbers alone, so that every machine agrees. */
function advance(state: Uint32Array): number {
  const [x = 0, y = 0, z = 0, w = 0] = state
  const mixed = x ^ (x << 11)
  const last = w ^ (w >>> 19) ^ mixed ^ (mixed >>> 8)
  state.set([y, z, w, last])
  return last >>> 0
}
