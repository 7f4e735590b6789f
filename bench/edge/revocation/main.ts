/** `npm run bench:revocation`: how soon a revoked token is refused, and what happens when the store is killed. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Versions } from '../../output.ts'
import { compile } from '../compile.ts'
import type { GuardName } from '../guards.ts'
import type { LoadOptions } from '../load.ts'
import { findPrograms, type Programs, pinSelf } from '../prepare.ts'
import { endChildrenWithUs, watchOthers } from '../processes.ts'
import { PINNINGS } from '../settings.ts'
import { revokeForTextbook } from '../store.ts'
import { describeMachine, describeVersions, versionsOf } from '../versions.ts'
import { REVOCATIONS, startWorld, type World } from '../world.ts'
import { LOAD_SECONDS, type Outage, type OutagePorts, runOutage } from './outage.ts'
import { openProber, type Prober } from './prober.ts'
import { formatOutages, formatTrials, formatVerdicts, type RevocationOutput } from './report.ts'
import { parseSettings, type Settings, USAGE } from './settings.ts'
import {
  judgeOutages,
  judgeTrials,
  type OutageSummary,
  summariseOutages,
  summariseTrials,
  type TrialSummary,
  type Verdict,
} from './summary.ts'
import { runTrial, type Trial } from './trials.ts'

type Print = (line: string) => void

const { cores } = PINNINGS.load
const LIFETIME_SECONDS = 3600

function revokers({ store }: World): Readonly<Record<string, (tokenId: string) => Promise<void>>> {
  return {
    ours: async (tokenId) => {
      const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS
      await store.revocations.revoke('token', tokenId, expiresAt)
    },
    textbook: (tokenId) => revokeForTextbook(store.plainRedis, tokenId),
  }
}

async function openProberOf(world: World, name: GuardName): Promise<Prober> {
  return await openProber(world.guards.get(name)?.port ?? 0)
}

interface Trials {
  readonly summaries: Readonly<Record<'ours' | 'textbook', TrialSummary>>
  /** Cores that strangers used meanwhile. */
  readonly others: number
}

function pidsOf({ guards, store, upstreamPid }: World): readonly number[] {
  const own = [...guards.values()].flatMap((guard) => [guard.envoyPid, ...guard.servicePids()])
  return [store.pid(), upstreamPid, ...own]
}

/** Ours and the textbook's in turn. */
async function runTrials(world: World, { trials }: Settings): Promise<Trials> {
  const revokes = revokers(world)
  const seen = { ours: [] as Trial[], textbook: [] as Trial[] }
  const probers = {
    ours: await openProberOf(world, 'ours'),
    textbook: await openProberOf(world, 'textbook'),
  }
  const others = watchOthers(() => pidsOf(world))
  for (let trial = 0; trial < trials; trial += 1) {
    for (const name of ['ours', 'textbook'] as const) {
      const revoke = revokes[name] ?? (() => Promise.reject(new Error(name)))
      seen[name].push(await runTrial({ prober: probers[name], mint: world.mint, revoke }))
    }
  }
  probers.ours.close()
  probers.textbook.close()
  return {
    summaries: { ours: summariseTrials(seen.ours), textbook: summariseTrials(seen.textbook) },
    others: others(),
  }
}

async function runOutages(
  world: World,
  program: string,
  { outages, rate }: Settings,
): Promise<OutageSummary> {
  const probers = [await openProberOf(world, 'ours'), await openProberOf(world, 'ours')] as const
  const { ours: revoke = () => Promise.reject(new Error('ours')) } = revokers(world)
  const load: LoadOptions = {
    program,
    cores: cores.load,
    port: world.guards.get('ours')?.port ?? 0,
    tokens: world.tokens.warm,
    body: world.body,
    connections: 16,
    seconds: LOAD_SECONDS,
    warmUpSeconds: 0,
    expected: 200,
    rate,
  }
  const ports: OutagePorts = {
    ...world,
    probers,
    revoke,
    goodLoad: load,
    revokedLoad: { ...load, tokens: world.tokens.revoked, expected: 401, rate: rate / 2 },
  }
  const seen: Outage[] = []
  for (let outage = 0; outage < outages; outage += 1) seen.push(await runOutage(ports))
  for (const prober of probers) prober.close()
  return summariseOutages(seen)
}

function describe({ processes }: Settings, versions: Versions): readonly string[] {
  return [
    describeMachine(),
    describeVersions(versions),
    `ES256, Envoy with one thread, ${processes} of the service; ${REVOCATIONS} revocations before; one Valkey, appendfsync always`,
    PINNINGS.load.meaning,
    'revoked by the script that POST /revoke ends with, and by SET for the textbook; its answer is the acknowledgement',
  ]
}

type Measured = Pick<RevocationOutput, 'trials' | 'others' | 'outages' | 'verdicts'>

async function measure(settings: Settings, programs: Programs, print: Print): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  try {
    const compiled = compile(folder)
    const world = await startWorld({
      folder,
      cores,
      algorithm: 'ES256',
      programs: { ...compiled, envoy: programs.envoy.path, valkey: programs.valkey.path },
      processes: settings.processes,
      guards: ['ours', 'textbook'],
      freshTokens: 0,
    })
    try {
      return await measureWorld(world, compiled.load, settings, print)
    } finally {
      await world.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureWorld(
  world: World,
  program: string,
  settings: Settings,
  print: Print,
): Promise<Measured> {
  const verdicts: Verdict[] = []
  let results: Omit<Measured, 'verdicts'> = {}
  const conclude = (lines: readonly string[], judged: readonly Verdict[]): void => {
    for (const line of [...lines, ...formatVerdicts(judged)]) print(line)
    verdicts.push(...judged)
  }
  if (settings.trials > 0) {
    const { summaries, others } = await runTrials(world, settings)
    conclude(formatTrials(summaries, others), judgeTrials(summaries.ours))
    results = { trials: summaries, others }
  }
  if (settings.outages > 0) {
    const outages = await runOutages(world, program, settings)
    conclude(formatOutages(outages), judgeOutages(outages))
    results = { ...results, outages }
  }
  return { ...results, verdicts }
}

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2))
  const print: Print = settings.json ? () => {} : (line) => console.log(line)
  endChildrenWithUs()
  pinSelf(cores.load)
  const programs = await findPrograms(process.env)
  const versions = versionsOf({
    envoy: programs.envoy.version,
    valkey: programs.valkey.version,
  })
  const about = describe(settings, versions)
  about.forEach(print)
  const measured = await measure(settings, programs, print)
  const output: RevocationOutput = { about, versions, settings, ...measured }
  if (settings.json) console.log(JSON.stringify(output, null, 2))
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 1
}
