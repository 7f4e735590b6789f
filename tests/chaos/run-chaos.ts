/** One run: a gateway, everybody who uses it, a schedule of faults, and the judgement. */

import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { logFolder } from '../../cli/log/log-file.ts'
import { pausesOf } from './clients/work.ts'
import { inject } from './faults/inject.ts'
import { judgeAcknowledged } from './judge/judge.ts'
import {
  BACK_WITHIN_MS,
  judgeInventory,
  judgeOutage,
  judgeStore,
  readInformation,
} from './judge/judge-world.ts'
import { Ledger } from './ledger/ledger.ts'
import { REVOKED_WITHIN_MS } from './ledger/revocations.ts'
import type { ChaosOptions } from './options.ts'
import { populate } from './population.ts'
import { describeFault, planFaults, type Target } from './seeded/plan.ts'
import { untilLeft } from './world/interruption.ts'
import { settle, takeInventoryAtRest } from './world/inventory.ts'
import { type Prober, startProber } from './world/prober.ts'
import { startWorld, type World } from './world/world.ts'

const NUMBERS = { callers: 3, authorizationWorkers: 4, attackers: 2 }
const PAUSE_MS = 150
/** A child that nobody uses is kept for a while. */
const SETTLE_MS = 90_000
/** Of quiet use, before anything breaks: pools are as large as they get. */
const WARM_UP_MS = 8000

export interface Outcome {
  readonly ledger: Ledger
  readonly faults: number
  readonly longestOutageMs: number
  readonly longestOutageOf: string
  readonly skipped: ReadonlyMap<Target, string>
}

export async function runChaos(
  options: ChaosOptions,
  tell: (line: string) => void,
): Promise<Outcome> {
  const world = await startWorld(options.targets)
  for (const [target, why] of world.missing) tell(`skipped: ${target} (${why})`)
  return await untilLeft(() => runWithin(world, options, tell), world.stop)
}

async function runWithin(
  world: World,
  options: ChaosOptions,
  tell: (line: string) => void,
): Promise<Outcome> {
  const began = performance.now()
  const ledger = new Ledger(() => performance.now() - began)
  const { url } = world.gateway
  let isOver = false
  const place = {
    seed: options.seed,
    issuer: url,
    ledger,
    isOver: () => isOver,
    createPause: pausesOf(PAUSE_MS),
  }
  await warmUp(world, ledger)
  const before = await takeInventoryAtRest(world)
  const population = populate(place, world.command, NUMBERS)
  const prober = await startProber(url, ledger)
  const working = population.run()
  const faults = await breakAll({ world, ledger, prober, options, tell })
  isOver = true
  await Promise.all([working, prober.stop()])
  tell('calm: everything that was acknowledged is looked at')
  // What was acknowledged last counts everywhere from then on.
  await sleep(REVOKED_WITHIN_MS + 100)
  for (const line of await judgeAcknowledged(url, ledger, population.members)) tell(`  ${line}`)
  judgeStore(await readInformation(world), ledger)
  judgeInventory(before, await settle(world, before, SETTLE_MS), ledger)
  if (ledger.violations.length > 0) tell(`the log of the gateway: ${keepLog(world, options.seed)}`)
  return { ledger, skipped: world.missing, ...faults }
}

/** Its folder goes: what it said of a violation is kept. @returns where. */
function keepLog({ stateDirectory }: World, seed: number): string {
  const path = join(mkdtempSync(join(tmpdir(), `chaos-log-${seed}-`)), 'gateway.log')
  copyFileSync(join(logFolder(stateDirectory), 'gateway.log'), path)
  return path
}

/** A crowd that comes and goes before anything is counted: what is started once is there. */
async function warmUp(world: World, ledger: Ledger): Promise<void> {
  const until = ledger.clock() + WARM_UP_MS
  const place = {
    seed: 0,
    issuer: world.gateway.url,
    ledger,
    isOver: () => ledger.clock() > until,
    createPause: pausesOf(PAUSE_MS),
  }
  await populate(place, world.command, NUMBERS).run()
}

interface Breaking {
  readonly world: World
  readonly ledger: Ledger
  readonly prober: Prober
  readonly options: ChaosOptions
  readonly tell: (line: string) => void
}

async function breakAll({ world, ledger, prober, options, tell }: Breaking) {
  const until = ledger.clock() + options.minutes * 60_000
  const targets = options.targets.filter((target) => !world.missing.has(target))
  let [faults, longestOutageMs, longestOutageOf] = [0, 0, 'nothing']
  for (const fault of planFaults(options.seed, targets)) {
    await sleep(fault.calmMs)
    if (ledger.clock() > until) break
    const words = describeFault(fault)
    const beganAt = ledger.clock()
    const whom = await inject(world, ledger, fault)
    const backMs = await prober.untilServing(ledger.clock(), BACK_WITHIN_MS)
    faults += 1
    const at = `${(beganAt / 1000).toFixed(1)} s`
    tell(`${at.padStart(8)}  ${words}: ${whom}; served again after ${backMs ?? 'too long'} ms`)
    judgeOutage(words, backMs, ledger)
    if ((backMs ?? Infinity) > longestOutageMs) {
      longestOutageMs = backMs ?? Infinity
      longestOutageOf = words
    }
  }
  return { faults, longestOutageMs, longestOutageOf }
}
