/** The result, for people. */

import { METRICS, percentOf, type Room, type Share, type Shares, sum } from './rooms.ts'

const WIDTH = 22

export function formatRooms(rooms: ReadonlyMap<Room, Shares>): readonly string[] {
  const rows: [string, Shares][] = [...rooms, ['all', sum([...rooms.values()])]]
  return [
    format(['', ...METRICS]),
    ...rows.map(([name, shares]) =>
      format([name, ...METRICS.map((metric) => formatShare(shares[metric]))]),
    ),
  ]
}

function format([name = '', ...cells]: readonly string[]): string {
  return `  ${name.padEnd(14)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`
}

function formatShare(share: Share): string {
  return `${share.covered}/${share.total} ${percentOf(share).toFixed(1).padStart(5)} %`
}

/** Files of which nothing ran at all. */
export function neverRun(files: ReadonlyMap<string, Shares>): readonly string[] {
  return [...files]
    .filter(([, { lines }]) => lines.covered === 0 && lines.total > 0)
    .map(([path]) => path)
}
