/** What is measured: each cell is one bridge in front of one server, started for it and ended after it. */

import type { Isolation } from '../../lib/catalogue/service-definition.ts'
import { measureCalls, warmUp } from './calls.ts'
import { type Contender, type ContenderName, startContender } from './contenders.ts'
import { measureEnding, WAYS_TO_END } from './endings.ts'
import { measureMemory } from './memory.ts'
import { measureOpening, measureOpeningAtOnce, measureOpeningWithSpare } from './opening.ts'
import { PEERS, type PeerName, type Peers } from './peers.ts'
import type { Numbers } from './rounds.ts'
import type { Settings } from './settings.ts'
import type { Command, World } from './world.ts'

export const PARTS = ['calls', 'opening', 'memory', 'endings'] as const
export type Part = (typeof PARTS)[number]

export const SERVERS = ['tiny', 'everything', 'time'] as const
export type ServerName = (typeof SERVERS)[number]

export interface Measured {
  /** What else was asked for, in words. */
  readonly variant: string
  readonly numbers: Numbers
}

export interface Cell {
  readonly part: Part
  readonly server: ServerName
  /** Its name, and for ours its isolation where several are measured. */
  readonly contender: string
  measure(): Promise<readonly Measured[]>
}

export interface CellOptions extends Settings {
  readonly world: World
  readonly peers: Peers
}

export function toCells(options: CellOptions): readonly Cell[] {
  const present = options.contenders.filter((name) => !isPeer(name) || options.peers.has(name))
  const makers: Readonly<Record<Part, () => readonly Cell[]>> = {
    calls: () => [
      ...present.map((name) => callsCell(name, 'tiny', options)),
      ...present
        .filter((name) => name !== 'pipe-tcp')
        .map((name) => callsCell(name, 'everything', options)),
    ],
    opening: () => [
      ...present.map((name) => openingCell(name, options)),
      ...(['everything', 'time'] as const).flatMap((server) => slowOpeningCells(server, options)),
    ],
    memory: () => present.flatMap((name) => memoryCells(name, options)),
    endings: () =>
      present
        .filter((name) => name !== 'pipe-tcp')
        .flatMap((name) => WAYS_TO_END.map((way) => endingCell(name, way, options))),
  }
  return options.parts
    .flatMap((part) => makers[part]())
    .filter(({ server }) => options.servers.includes(server))
}

function isPeer(name: ContenderName): name is PeerName {
  return (PEERS as readonly string[]).includes(name)
}

interface Launch {
  readonly server: Command
  readonly isolation?: Isolation
  readonly spares?: number
  readonly busyWith?: Command
}

async function within<T>(
  name: ContenderName,
  { world, peers }: CellOptions,
  launch: Launch,
  use: (contender: Contender) => Promise<T>,
): Promise<T> {
  const contender = await startContender(name, { world, peers, ...launch })
  try {
    return await use(contender)
  } finally {
    await contender.stop()
  }
}

/** Larger ones take a quarter of a gigabyte for each eight. */
const SESSIONS_OF_EVERYTHING_MAX = 16

function callsCell(name: ContenderName, server: 'tiny' | 'everything', options: CellOptions): Cell {
  const { seconds, sessions, world } = options
  const counts =
    server === 'tiny' ? sessions : sessions.filter((count) => count <= SESSIONS_OF_EVERYTHING_MAX)
  const warmUpSeconds = seconds / 4
  return {
    part: 'calls',
    server,
    contender: name,
    measure: () =>
      within(name, options, { server: world.servers[server] }, async (contender) => {
        await warmUp(contender, options.warmUpCalls)
        const measured: Measured[] = []
        for (const count of counts) {
          const numbers = await measureCalls(contender, { sessions: count, seconds, warmUpSeconds })
          measured.push({ variant: String(count), numbers: { ...numbers } })
        }
        return measured
      }),
  }
}

function openingCell(name: ContenderName, options: CellOptions): Cell {
  return {
    part: 'opening',
    server: 'tiny',
    contender: name,
    measure: () =>
      within(name, options, { server: options.world.servers.tiny }, async (contender) => [
        await measureOpening(contender, 'one at a time', options.openings),
        await measureOpeningAtOnce(contender, 8, options.openings * 2),
      ]),
  }
}

const SPARES = 2
/** What takes a second each is opened less often. */
const SLOW_OPENINGS = 4

/** Of ours with and without a spare; of the others those that start a server for each session. */
function slowOpeningCells(server: 'everything' | 'time', options: CellOptions): readonly Cell[] {
  const command = options.world.servers[server]
  if (command === undefined) return []
  const cold = options.contenders.filter(
    (name) =>
      name === 'ours' || ((name === 'supergateway' || name === 'seed') && options.peers.has(name)),
  )
  const cells = cold.map(
    (name): Cell => ({
      part: 'opening',
      server,
      contender: name,
      measure: () =>
        within(name, options, { server: command }, async (contender) => [
          await measureOpening(contender, 'one at a time', SLOW_OPENINGS),
        ]),
    }),
  )
  if (!options.contenders.includes('ours')) return cells
  const warm: Cell = {
    part: 'opening',
    server,
    contender: 'ours',
    measure: () =>
      within(
        'ours',
        options,
        { server: command, spares: SPARES, busyWith: options.world.servers.tiny },
        async (contender) => [await measureOpeningWithSpare(contender, SLOW_OPENINGS)],
      ),
  }
  return [...cells, warm]
}

function memoryCells(name: ContenderName, options: CellOptions): readonly Cell[] {
  const isolations = name === 'ours' ? (['session', 'user', 'shared'] as const) : [undefined]
  const server = options.world.servers.tiny
  return isolations.map((isolation) => ({
    part: 'memory',
    server: 'tiny',
    contender: isolation === undefined ? name : `${name}, ${isolation}`,
    measure: () =>
      within(name, options, { server, ...(isolation && { isolation }) }, measureMemory),
  }))
}

function endingCell(
  name: ContenderName,
  way: (typeof WAYS_TO_END)[number],
  options: CellOptions,
): Cell {
  const { world, peers } = options
  return {
    part: 'endings',
    server: 'tiny',
    contender: name,
    measure: () =>
      measureEnding(way, world, (server) => startContender(name, { world, peers, server })),
  }
}
