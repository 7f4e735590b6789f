/** The rooms that are measured, their files, and what of them was run. */

import { globSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** What proto has is generated. */
export const ROOMS = [
  'lib',
  'ext-authz',
  'oauth-server',
  'mcp-bridge',
  'services',
  'envoy',
  'certs',
  'cli',
] as const
export type Room = (typeof ROOMS)[number]

export const METRICS = ['lines', 'branches', 'functions'] as const
export type Metric = (typeof METRICS)[number]

/** Of all that there are, how many were run. */
export interface Share {
  readonly covered: number
  readonly total: number
}

export type Shares = Readonly<Record<Metric, Share>>

/** Everything that could run, from the root of the repository. */
export function measuredFiles(): readonly string[] {
  return globSync(`{${ROOMS.join(',')}}/**/*.{ts,mjs}`, {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/*.d.ts'],
  }).toSorted()
}

/** The sum of the files of each room. */
export function sumByRoom(files: ReadonlyMap<string, Shares>): ReadonlyMap<Room, Shares> {
  return new Map(
    ROOMS.map((room) => {
      const own = [...files].filter(([path]) => path.startsWith(`${room}/`)).map(([, of]) => of)
      return [room, sum(own)]
    }),
  )
}

export function sum(all: readonly Shares[]): Shares {
  const of = (metric: Metric): Share => ({
    covered: all.reduce((total, shares) => total + shares[metric].covered, 0),
    total: all.reduce((total, shares) => total + shares[metric].total, 0),
  })
  return { lines: of('lines'), branches: of('branches'), functions: of('functions') }
}

export function percentOf({ covered, total }: Share): number {
  return total === 0 ? 100 : (covered / total) * 100
}
