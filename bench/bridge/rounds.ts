/** Interleaved rounds of all cells, and the medians of what was seen. */

import { type Spread, toSpread } from '../edge/rounds.ts'
import type { Cell, Part, ServerName } from './cells.ts'

export type Numbers = Readonly<Record<string, number>>

export interface Figures {
  readonly part: Part
  readonly server: ServerName
  readonly contender: string
  readonly variant: string
  readonly of: Readonly<Record<string, Spread>>
}

/** In cores: with more in use by strangers compare processor time and ratios only. */
export const OTHERS_MAX = 0.2

export interface RoundsOptions {
  readonly rounds: number
  readonly progress: (text: string) => void
}

/** @throws Error that names the cell, with the first wrong answer. */
export async function measureCells(
  cells: readonly Cell[],
  { rounds, progress }: RoundsOptions,
): Promise<readonly Figures[]> {
  const seen = new Map<string, { readonly cell: Cell; readonly variant: string; all: Numbers[] }>()
  for (let round = 1; round <= rounds; round += 1) {
    for (const cell of cells) {
      const name = `${cell.part} of ${cell.contender} with ${cell.server}`
      progress(`round ${round} of ${rounds}: ${name}`)
      for (const { variant, numbers } of await measureNamed(cell, name)) {
        const key = `${name} ${variant}`
        const known = seen.get(key) ?? { cell, variant, all: [] }
        known.all.push(numbers)
        seen.set(key, known)
      }
    }
  }
  return [...seen.values()].map(({ cell: { part, server, contender }, variant, all }) => {
    return { part, server, contender, variant, of: summarise(all) }
  })
}

async function measureNamed(cell: Cell, name: string): ReturnType<Cell['measure']> {
  try {
    return await cell.measure()
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function summarise(all: readonly Numbers[]): Readonly<Record<string, Spread>> {
  const names = Object.keys(all[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, toSpread(all.map((numbers) => numbers[name] ?? Number.NaN))]),
  )
}
