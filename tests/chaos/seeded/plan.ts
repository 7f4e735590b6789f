/** Which faults a seed brings, in which order: a pure function of the seed and of what is asked for. */

import { createRandom, type Random } from './random.ts'

/** As `--only` names them. */
export const TARGETS = [
  'store',
  'ext-authz',
  'oauth-server',
  'bridge',
  'envoy',
  'child',
  'disk',
  'clock',
] as const
export type Target = (typeof TARGETS)[number]

export type FaultKind = 'kill' | 'freeze' | 'restart' | 'full' | 'forward' | 'back'

export interface PlannedFault {
  readonly target: Target
  readonly kind: FaultKind
  /** Which of several: at least 0, less than 1. */
  readonly which: number
  /** Every process of the target, not one. */
  readonly isAll: boolean
  /** How long a freeze, a full disk or a wrong clock lasts. */
  readonly holdMs: number
  /** How far the clock is put. */
  readonly stepMs: number
  /** What everybody has for themselves before the next one. */
  readonly calmMs: number
}

const KINDS: Readonly<Record<Target, readonly FaultKind[]>> = {
  store: ['kill', 'freeze', 'restart'],
  'ext-authz': ['kill', 'freeze', 'restart'],
  'oauth-server': ['kill', 'freeze', 'restart'],
  bridge: ['kill', 'freeze', 'restart'],
  envoy: ['kill', 'freeze', 'restart'],
  child: ['kill', 'freeze', 'restart'],
  disk: ['full'],
  clock: ['forward', 'back'],
}

/** Without end: each target meets each of its faults once before any of them comes again. */
export function* planFaults(seed: number, targets: readonly Target[]): Generator<PlannedFault> {
  const random = createRandom(seed, 'faults')
  const deck = targets.flatMap((target) => KINDS[target].map((kind) => ({ target, kind })))
  if (deck.length === 0) return
  for (;;) {
    for (const card of random.shuffle(deck)) yield { ...card, ...drawDetails(random) }
  }
}

/** All are drawn for each fault: the next one does not depend on which this is. */
function drawDetails(random: Random): Omit<PlannedFault, 'target' | 'kind'> {
  return {
    which: random.next(),
    isAll: random.chance(1 / 3),
    holdMs: random.between(1000, 5000),
    stepMs: random.between(5000, 20_000),
    calmMs: random.between(1500, 4000),
  }
}

/** One line of what is going to happen. */
export function describeFault({ target, kind, isAll, holdMs, stepMs }: PlannedFault): string {
  const whom = isAll && (target === 'ext-authz' || target === 'oauth-server') ? ', all of it' : ''
  const held = kind === 'freeze' || kind === 'full' ? ` for ${holdMs} ms` : ''
  const step = kind === 'forward' || kind === 'back' ? ` by ${stepMs} ms for ${holdMs} ms` : ''
  return `${target} ${kind}${whom}${held}${step}`
}
