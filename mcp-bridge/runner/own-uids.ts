/**
 * Which account of the system each person's processes have, for services that run commands: a number
 * of their own, the same for as long as anything of theirs is stored, and never another person's.
 *
 * The table lies beside the data, so that the two are kept, copied and lost together.
 */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Both of them may be given. */
export interface UidRange {
  readonly first: number
  readonly last: number
}

interface Table {
  /** Never goes back: what was given once is not given again. */
  next: number
  readonly uids: Record<string, number>
}

export interface OwnUidsOptions {
  readonly file: string
  readonly range: UidRange
  /** Owners of what is stored, of whatever table: a new person gets a higher number. */
  readonly ownersOfData: () => Iterable<number>
}

export class OwnUids {
  readonly #file: string
  readonly #range: UidRange
  readonly #ownersOfData: () => Iterable<number>
  #table: Table | undefined

  constructor({ file, range, ownersOfData }: OwnUidsOptions) {
    this.#file = file
    this.#range = range
    this.#ownersOfData = ownersOfData
  }

  /**
   * The number of a person's, written down before it is used.
   * @param owner as in `${user.id}`.
   * @throws Error when there is none left, or the table cannot be read or written: nothing is guessed.
   */
  of(owner: string): number {
    this.#table ??= this.#read()
    const table = this.#table
    const known = Object.hasOwn(table.uids, owner) ? table.uids[owner] : undefined
    if (known !== undefined) return known
    const uid = table.next
    if (uid > this.#range.last) {
      throw new Error(`all of ${toText(this.#range)} are given: set a wider MCP_RUNNER_UIDS`)
    }
    const grown: Table = { next: uid + 1, uids: { ...table.uids, [owner]: uid } }
    this.#write(grown)
    this.#table = grown
    return uid
  }

  #read(): Table {
    const text = readIfThere(this.#file)
    const { next, uids } = text === undefined ? { next: 0, uids: {} } : parse(text, this.#file)
    const taken = [...Object.values(uids), ...this.#ownersOfData()]
    const highest = taken.filter((uid) => uid <= this.#range.last)
    return { next: Math.max(this.#range.first, next, ...highest.map((uid) => uid + 1)), uids }
  }

  /** Whole or not at all, also when the machine stops in between. */
  #write(table: Table): void {
    const fresh = `${this.#file}.new`
    const descriptor = openSync(fresh, 'w', 0o600)
    try {
      writeFileSync(descriptor, `${JSON.stringify(table, null, 2)}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(fresh, this.#file)
    syncFolder(dirname(this.#file))
  }
}

/** @throws RangeError for what is no `FIRST-LAST` of ordinary accounts. */
export function parseUidRange(text: string): UidRange {
  const [, from, to] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? []
  const range = { first: Number(from), last: Number(to) }
  // Below are those of the system; 65534 is nobody's, and whose it is not told.
  const isSensible = range.first >= 1000 && range.first <= range.last && range.last < 2 ** 31
  const hasNobody = range.first <= 65_534 && range.last >= 65_534
  if (isSensible && !hasNobody) return range
  throw new RangeError(
    `must be like 20000-29999, of accounts from 1000 on and without 65534, not "${text}"`,
  )
}

function toText({ first, last }: UidRange): string {
  return `the accounts ${first}-${last}`
}

function parse(text: string, file: string): Table {
  try {
    const table = JSON.parse(text) as Table
    const numbers = [table.next, ...Object.values(table.uids)]
    if (numbers.every(Number.isSafeInteger)) return table
  } catch {
    // Told below.
  }
  throw new Error(
    `${file} is damaged: bring it back from a backup, or move it away together with the folders of all persons`,
  )
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
