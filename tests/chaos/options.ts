/** The command line of `npm run test:chaos`. */

import { parseArgs } from 'node:util'
import { TARGETS, type Target } from './seeded/plan.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly minutes: number
  readonly targets: readonly Target[]
}

const MINUTES = 4
const SEED_BOUND = 2 ** 31

/** @param random a number for when no seed is named. @throws Error in one sentence for what is no option. */
export function readOptions(args: readonly string[], random: () => number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      only: { type: 'string' },
    },
  })
  return {
    seed: toNumber('seed', values.seed) ?? Math.floor(random() * SEED_BOUND),
    minutes: toNumber('minutes', values.minutes) ?? MINUTES,
    targets: toTargets(values.only),
  }
}

function toNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new Error(`--${name} takes a number, not ${text}`)
}

function toTargets(only: string | undefined): readonly Target[] {
  if (only === undefined) return TARGETS
  const names = only.split(',')
  const unknown = names.find((name) => !TARGETS.some((target) => target === name))
  if (unknown !== undefined) throw new Error(`--only takes ${TARGETS.join(', ')}, not ${unknown}`)
  return TARGETS.filter((target) => names.includes(target))
}
