/** How long is fuzzed and from which seed, as the environment says. */

/** Every day; `npm run test:long` and `npm run test:fuzz` say more. */
const EVERYDAY_SECONDS = 2

export interface FuzzSettings {
  /** Of each target. */
  readonly budgetMs: number
  readonly seed: number
  /** Somebody has said for how long. */
  readonly isSearch: boolean
  /** Of one input: what a failure has printed. */
  readonly path: string | undefined
}

export const SETTINGS: FuzzSettings = {
  isSearch: process.env['FUZZ_SECONDS'] !== undefined,
  budgetMs: 1000 * numberFrom('FUZZ_SECONDS', EVERYDAY_SECONDS),
  // Other inputs each day: what was found once stands in the corpus.
  seed: numberFrom('FUZZ_SEED', Math.floor(Math.random() * 2 ** 31)),
  path: process.env['FUZZ_PATH'] || undefined,
}

function numberFrom(name: string, fallback: number): number {
  const text = process.env[name] ?? ''
  if (text === '') return fallback
  const number = Number(text)
  if (Number.isFinite(number) && number >= 0) return number
  throw new RangeError(`${name} must be a number, not "${text}"`)
}
