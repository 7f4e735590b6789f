/** The floors below which no room may fall; `tests/coverage/floors.json`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { METRICS, type Metric, percentOf, ROOMS, type Room, type Shares } from './rooms.ts'

/** In percent. */
export type Floors = Readonly<Record<Room, Readonly<Record<Metric, number>>>>

const FILE = join(import.meta.dirname, 'floors.json')

export function readFloors(): Floors {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Floors
}

/** One line for each room and metric that is below. */
export function belowFloors(rooms: ReadonlyMap<Room, Shares>, floors: Floors): readonly string[] {
  return ROOMS.flatMap((room) => {
    const shares = rooms.get(room)
    if (shares === undefined) return [`${room}: not measured`]
    return METRICS.flatMap((metric) => {
      const [percent, floor] = [percentOf(shares[metric]), floors[room][metric]]
      if (percent >= floor) return []
      return [`${room}: ${metric} ${percent.toFixed(1)} %, the floor is ${floor} %`]
    })
  })
}

/** Runs differ by what happens to be hit in a race. */
const SLACK = 1

/** What was reached, rounded down a little, as the floors from now on. */
export function writeFloors(rooms: ReadonlyMap<Room, Shares>): void {
  const entries = [...rooms].map(([room, shares]) => {
    const floors = METRICS.map((metric) => [
      metric,
      Math.max(0, Math.floor(percentOf(shares[metric]) - SLACK)),
    ])
    return [room, Object.fromEntries(floors)]
  })
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`)
}
