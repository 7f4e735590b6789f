/** Where the processor time of ours goes: a profile of the bridge while sessions call, in microseconds a call. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { measureCalls, warmUp } from './calls.ts'
import { startContender } from './contenders.ts'
import type { Settings } from './settings.ts'
import type { World } from './world.ts'

/** As V8 writes it; times in microseconds of the machine's monotonic clock. */
export interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
  readonly children?: readonly number[]
}

interface Spent {
  readonly self: number
  readonly total: number
}

/** A function, and its shares of the time that was not idle. */
export interface Place extends Spent {
  readonly name: string
}

const INTERVAL_US = 200
const SHOWN = 60

/** Writes the profile into the folder; the result is what it says, for people. */
export async function writeProfile(
  to: string,
  world: World,
  { sessions, seconds, warmUpCalls }: Settings,
): Promise<readonly string[]> {
  const folder = resolve(to)
  mkdirSync(folder, { recursive: true })
  const nodeOptions = [
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    `--cpu-prof-interval=${INTERVAL_US}`,
  ]
  const before = new Set(readdirSync(folder))
  const server = world.servers.tiny
  const contender = await startContender('ours', { world, peers: new Map(), server, nodeOptions })
  const count = sessions.at(-1) ?? 1
  const window = { from: 0, to: 0 }
  let bridgeCpuUs = 0
  try {
    await warmUp(contender, warmUpCalls)
    const figures = await measureCalls(contender, {
      sessions: count,
      seconds,
      warmUpSeconds: 0,
      onBegin() {
        window.from = microseconds()
      },
      onEnd() {
        window.to = microseconds()
      },
    })
    bridgeCpuUs = figures.bridgeCpuUs
  } finally {
    await contender.stop()
  }
  const file = readdirSync(folder).find((name) => !before.has(name) && name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error(`no profile in ${folder}`)
  const path = join(folder, file)
  const places = readProfile(JSON.parse(readFileSync(path, 'utf8')) as Profile, window)
  return [
    path,
    `${count} sessions, ${bridgeCpuUs.toFixed(0)} us a call`,
    ...format(places, bridgeCpuUs),
  ]
}

function microseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

function format(places: readonly Place[], cpuUs: number): readonly string[] {
  const show = (share: number): string => (share * cpuUs).toFixed(1).padStart(8)
  const lines = places
    .toSorted((left, right) => right.self - left.self)
    .slice(0, SHOWN)
    .map(({ name, self, total }) => `${show(self)} ${show(total)}  ${name}`)
  return [`${'self us'.padStart(8)} ${'total us'.padStart(8)}`, ...lines]
}

const IDLE = new Set(['(idle)', '(root)', '(program)'])

/** By function, the most expensive first; a function that calls itself counts once. */
export function readProfile(
  { nodes, startTime, samples, timeDeltas }: Profile,
  window: { readonly from: number; readonly to: number },
): readonly Place[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((one) => [one, id])),
  )
  const spent = new Map<string, Spent>()
  let [time, busy] = [startTime, 0]
  for (const [index, sample] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0
    time += delta
    // A late sample is of a thread that had to wait for a processor: that is no time of its own.
    const took = Math.min(delta, 2 * INTERVAL_US)
    const node = byId.get(sample)
    const isWithin = time >= window.from && time <= window.to
    if (!isWithin || node === undefined || node.callFrame.functionName === '(idle)') continue
    busy += took
    for (const [depth, name] of [...new Set(stackOf(node, byId, parents))].entries()) {
      add(spent, name, { self: depth === 0 ? took : 0, total: took })
    }
  }
  return [...spent].map(([name, { self, total }]) => ({
    name,
    self: self / busy,
    total: total / busy,
  }))
}

function add(spent: Map<string, Spent>, name: string, { self, total }: Spent): void {
  const known = spent.get(name)
  spent.set(name, { self: self + (known?.self ?? 0), total: total + (known?.total ?? 0) })
}

function stackOf(
  leaf: ProfileNode,
  byId: ReadonlyMap<number, ProfileNode>,
  parents: ReadonlyMap<number, number>,
): readonly string[] {
  const names: string[] = []
  for (let node: ProfileNode | undefined = leaf; node !== undefined; ) {
    names.push(nameOf(node))
    const parent = parents.get(node.id)
    node = parent === undefined ? undefined : byId.get(parent)
  }
  return names
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (IDLE.has(name) || url === '') return name
  return `${name} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}
