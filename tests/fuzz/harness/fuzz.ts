/**
 * A target that is given inputs until its time is over: first what is recorded, then what a grammar makes
 * with one thing bent, and recorded bytes changed blindly.
 *
 * Inputs are bytes, so that whatever fails can be kept as a file of the corpus.
 */

import { isUtf8 } from 'node:buffer'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { REQUIREMENTS, type RequirementId } from '../../conformance/requirements.ts'
import { type Recorded, readCorpus } from './corpus.ts'
import { mutated } from './mutate.ts'
import { SETTINGS } from './settings.ts'

export interface Target {
  /** Its folder of the corpus. */
  readonly corpus: string
  /** What its grammar makes. */
  readonly grammar: fc.Arbitrary<string | Buffer>
  /** Of its language, for blind changes. */
  readonly words?: readonly string[]
  /** Throws when something that must hold does not; tells in a word what came of it. */
  readonly check: (input: Buffer) => string | Promise<string>
  /** Words that have to be among the outcomes: the corpus has an input for each. */
  readonly outcomes: readonly [string, ...string[]]
  /** How long one input may take. */
  readonly inputMsMax?: number
  /** What has to hold after all of them. */
  readonly finish?: (t: ExecutionContext) => void | Promise<void>
}

/** How often each outcome came. */
type Tally = Map<string, number>

/** A run of the generator: its inputs grow from small to large. */
const RUNS_EACH = 100
/** What fails is made smaller for so long. */
const SHRINK_MS_MAX = 60_000
const INPUT_MS_MAX = 15_000
const SHOWN_BYTES_MAX = 4000

/** Registers the test under the requirement that it tries. `target` is called when it runs: a gateway may have to be started for it. */
export function fuzz(id: RequirementId, target: Target | (() => Target | Promise<Target>)): void {
  test.serial(`${id}: ${REQUIREMENTS[id].behavior}`, async (t) => {
    t.timeout(SETTINGS.budgetMs + SHRINK_MS_MAX + 60_000)
    const found = typeof target === 'function' ? await target() : target
    const recorded = readCorpus(found.corpus)
    const tally: Tally = new Map()
    for (const one of recorded) await replay(found, one, tally)
    const inputs = await search(id, { target: found, recorded, tally })
    await found.finish?.(t)
    const told = [...tally].map(([outcome, count]) => `${count} ${outcome}`)
    const made = `${recorded.length} recorded, ${inputs} made`
    const summary = `${id}: ${[made, ...told, `seed ${SETTINGS.seed}`].join(', ')}`
    // Whoever looks for findings wants to know how much was tried; the everyday tests say nothing of it.
    if (SETTINGS.isSearch) console.log(summary)
    else t.log(summary)
    for (const outcome of found.outcomes) t.true(tally.has(outcome), `none ${outcome}`)
  })
}

async function replay(target: Target, { name, bytes }: Recorded, tally: Tally): Promise<void> {
  try {
    await within(target, bytes, tally)
  } catch (error) {
    throw new Error(`tests/fuzz/corpus/${name}: ${textOf(error)}`, { cause: error })
  }
}

/** Resolves with how many inputs there were. */
async function search(
  id: RequirementId,
  { target, recorded, tally }: { target: Target; recorded: readonly Recorded[]; tally: Tally },
): Promise<number> {
  const files = recorded.map(({ bytes }) => bytes)
  const input = fc.oneof(
    { weight: 3, arbitrary: target.grammar.map((made) => Buffer.from(made as string)) },
    { weight: 2, arbitrary: mutated(files, target.words) },
  )
  const property = fc.asyncProperty(input, (bytes) => within(target, bytes, tally))
  const until = Date.now() + SETTINGS.budgetMs
  let inputs = 0
  for (let { seed, path } = SETTINGS; ; seed += 1) {
    const outcome = await fc.check(property, {
      seed,
      numRuns: RUNS_EACH,
      interruptAfterTimeLimit: SHRINK_MS_MAX,
      ...(path === undefined ? {} : { path }),
    })
    inputs += outcome.numRuns
    if (outcome.failed) throw toFailure(id, seed, outcome)
    if (path !== undefined || Date.now() >= until) return inputs
  }
}

async function within(target: Target, bytes: Buffer, tally: Tally): Promise<void> {
  const { check, inputMsMax = INPUT_MS_MAX } = target
  const begun = performance.now()
  const checking = check(bytes)
  const outcome = checking instanceof Promise ? await unlessLate(checking, inputMsMax) : checking
  // Whoever does not wait cannot be interrupted.
  const tookMs = performance.now() - begun
  if (tookMs > inputMsMax) throw new Error(`no end before ${Math.round(tookMs)} ms`)
  tally.set(outcome, 1 + (tally.get(outcome) ?? 0))
}

async function unlessLate<T>(checking: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = setTimeout(() => reject(new Error(`no end after ${milliseconds} ms`)), milliseconds)
  try {
    return await Promise.race([checking, promise])
  } finally {
    clearTimeout(late)
  }
}

function toFailure(id: RequirementId, seed: number, outcome: fc.RunDetails<[Buffer]>): Error {
  const { counterexample, counterexamplePath, errorInstance } = outcome
  const again = `FUZZ_SEED=${seed} FUZZ_PATH=${counterexamplePath} npm run test:fuzz -- ${id}:`
  const shown = show(counterexample?.[0] ?? Buffer.alloc(0))
  return new Error(`${textOf(errorInstance)}\ninput: ${shown}\nagain: ${again}`, {
    cause: errorInstance,
  })
}

export function show(bytes: Buffer): string {
  const part = bytes.subarray(0, SHOWN_BYTES_MAX)
  return isUtf8(bytes) ? JSON.stringify(part.toString()) : `base64 ${part.toString('base64')}`
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
