/** The same people as in the chaos run, and nothing breaks: for long, at half of what the gateway can do. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Pause, pausesOf, type Workplace } from '../chaos/clients/work.ts'
import { judgeAcknowledged } from '../chaos/judge/judge.ts'
import { judgeInventory, judgeStore, readInformation } from '../chaos/judge/judge-world.ts'
import { Ledger } from '../chaos/ledger/ledger.ts'
import { REVOKED_WITHIN_MS } from '../chaos/ledger/revocations.ts'
import { populate } from '../chaos/population.ts'
import { untilLeft } from '../chaos/world/interruption.ts'
import { settle, takeInventoryAtRest } from '../chaos/world/inventory.ts'
import { startWorld, type World } from '../chaos/world/world.ts'
import { Recorder, SAMPLE_MS } from './recorder.ts'
import { type StoreFigures, toStoreFigures } from './store-figures.ts'

/** More people than in the chaos run: at full speed the gateway is what they wait for. */
export const NUMBERS = { callers: 5, authorizationWorkers: 5, attackers: 2 }
const PEOPLE = 2 * NUMBERS.callers + NUMBERS.authorizationWorkers + NUMBERS.attackers
const SEED = 1
const WARM_UP_MS = 15_000
const CAPACITY_MS = 60_000
/** So that revocations, which are kept as long as what they name, come and go within the soak. */
const TOKEN_SECONDS = 120
const SETTLE_MS = 90_000

export interface Soaked {
  readonly recorder: Recorder
  readonly ledger: Ledger
  /** Operations a second, as fast as they go, and afterwards. */
  readonly capacity: number
  readonly rate: number
  /** In the middle and at the end. */
  readonly store: readonly [StoreFigures, StoreFigures]
}

export async function runSoak(minutes: number, tell: (line: string) => void): Promise<Soaked> {
  const world = await startWorld([], { ACCESS_TOKEN_LIFETIME: String(TOKEN_SECONDS) })
  return await untilLeft(() => soak(world, minutes, tell), world.stop)
}

async function soak(world: World, minutes: number, tell: (line: string) => void): Promise<Soaked> {
  const began = performance.now()
  const ledger = new Ledger(() => performance.now() - began)
  await crowd(world, ledger, { forMs: WARM_UP_MS, createPause: pausesOf(0), seed: 0 })
  const before = await takeInventoryAtRest(world)
  let operations = 0
  await crowd(world, ledger, {
    forMs: CAPACITY_MS,
    createPause: pausesOf(0),
    seed: 0,
    onDone: () => {
      operations += 1
    },
  })
  const capacity = (operations * 1000) / CAPACITY_MS
  tell(
    `capacity: ${capacity.toFixed(1)} operations a second of ${PEOPLE} people, as fast as they go`,
  )
  const recorder = new Recorder(world)
  const sampling = setInterval(() => recorder.sample(), SAMPLE_MS)
  const forMs = minutes * 60_000
  const look = async (): Promise<StoreFigures> =>
    toStoreFigures(await readInformation(world), recorder.operations)
  const middle = sleep(forMs / 2).then(look)
  const members = await crowd(world, ledger, {
    forMs,
    createPause: paceOf((2 * PEOPLE * 1000) / capacity),
    seed: SEED,
    onDone: (name, tookMs, isDone) => recorder.done(name, tookMs, isDone),
  })
  clearInterval(sampling)
  const last = await look()
  const rate = recorder.operations / (forMs / 1000)
  tell(`${rate.toFixed(1)} operations a second for ${minutes} minutes`)
  await sleep(REVOKED_WITHIN_MS + 100)
  for (const line of await judgeAcknowledged(world.gateway.url, ledger, members)) tell(`  ${line}`)
  judgeStore(await readInformation(world), ledger)
  judgeInventory(before, await settle(world, before, SETTLE_MS), ledger)
  const store = [await middle, last] as const
  return { recorder, ledger, capacity, rate, store }
}

type Crowd = Pick<Workplace, 'createPause' | 'seed' | 'onDone'> & { readonly forMs: number }

/** Everybody for so long. */
async function crowd(world: World, ledger: Ledger, { forMs, ...how }: Crowd) {
  const until = ledger.clock() + forMs
  const place = {
    ...how,
    issuer: world.gateway.url,
    ledger,
    isOver: () => ledger.clock() > until,
  }
  const population = populate(place, world.command, NUMBERS)
  await population.run()
  return population.members
}

/** An operation each so many milliseconds on average: whoever was late hurries. */
function paceOf(intervalMs: number): () => Pause {
  return () => {
    let dueAt = performance.now()
    return async (random) => {
      dueAt += random.next() * 2 * intervalMs
      await sleep(Math.max(0, dueAt - performance.now()))
    }
  }
}
