/** Which processes a bridge has started, and what they hold in memory (Linux: `/proc`). */

import { readdirSync, readFileSync } from 'node:fs'

/** Those below a process, and below those. */
export function descendantsOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const one of allPids()) {
    const parent = parentOf(one)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), one])
  }
  const below = (parent: number): readonly number[] =>
    (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

/** Those whose command line has this word in it, wherever they belong now. */
export function processesWith(word: string): readonly number[] {
  return allPids().filter((pid) => read(`/proc/${pid}/cmdline`)?.includes(word) ?? false)
}

/** Its share of what it holds: pages that several hold count in parts. */
export function proportionalMegabytesOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1]
  return Number(kilobytes ?? 0) / 1024
}

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // The name before it may have anything in it, blanks and brackets too.
  const parent = stat?.slice(stat.lastIndexOf(')')).split(' ')[2]
  return parent === undefined ? undefined : Number(parent)
}

/** Undefined for who has ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
