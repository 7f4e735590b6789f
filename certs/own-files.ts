/**
 * The operator's files: whatever is put there is served, as soon as it is whole. They may be links, written
 * in place, or swapped by Kubernetes; looking is the only way to see all of these.
 */

import { statSync } from 'node:fs'
import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { tellExpiry } from './expiry.ts'
import { certificateFiles, readPair } from './files.ts'
import { type Pair, PairFault } from './pair.ts'
import { PublishFault, type Served } from './publish.ts'

export interface OwnFilesPorts {
  readonly folder: string
  served(): Served | undefined
  publish(served: Served): void
  /** Names that are served and that the pair is not for. */
  missing(pair: Pair): readonly string[]
  /** After each change of `fault`. */
  changed(): void
  readonly clock: Clock
  readonly log: Log
}

const LOOK_EVERY_MS = 1000

export class OwnFiles {
  readonly #ports: OwnFilesPorts
  #timer: NodeJS.Timeout | undefined
  /** As the files were when they were last taken or refused. */
  #read = ''
  /** Somebody may be writing at this moment: only what is wrong twice is wrong. */
  #suspect = ''
  #fault: string | undefined
  /** Of which it was told that they are missing. */
  #missing = ''

  constructor(ports: OwnFilesPorts) {
    this.#ports = ports
  }

  get fault(): string | undefined {
    return this.#fault
  }

  start(): void {
    this.look()
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  look(): void {
    const { folder } = this.#ports
    const state = stateOf(folder)
    if (state === this.#read) return
    try {
      this.#take(folder)
      this.#read = state
    } catch (error) {
      if (error instanceof PublishFault) this.#postpone(error.message)
      else if (!(error instanceof PairFault)) throw error
      else if (this.#suspect === state) this.#refuse(state, error.message)
      this.#suspect = state
    }
  }

  #take(folder: string): void {
    const { served, publish, clock, log, changed } = this.#ports
    const pair = readPair(folder)
    const before = served()
    const origin = `own ${folder}`
    const isNew = before?.origin !== origin || before.pair.chain !== pair.chain
    if (isNew && before?.origin === origin) requireAlive(pair, before.pair, clock())
    if (isNew) publish({ pair, origin })
    if (isNew || this.#fault !== undefined) {
      const { names, notAfter } = pair
      log.info({ folder, names, expires: new Date(notAfter) }, 'the certificate is served')
    }
    if (isNew) tellExpiry(pair, clock(), log)
    this.#fault = undefined
    this.#tellMissing(pair)
    changed()
  }

  /** Nobody but the operator can make it one for them as well. */
  namesChanged(): void {
    const { served, changed } = this.#ports
    const pair = served()?.pair
    if (pair !== undefined) this.#tellMissing(pair)
    changed()
  }

  #tellMissing(pair: Pair): void {
    const { folder, missing, log } = this.#ports
    const names = missing(pair)
    const before = this.#missing
    this.#missing = names.join(' ')
    if (names.length === 0 || this.#missing === before) return
    log.warn({ folder, names }, 'the certificate is not for these names: clients refuse it there')
  }

  #refuse(state: string, fault: string): void {
    this.#read = state
    this.#tell(fault)
  }

  /** Nothing is wrong with the files: each look tries again. */
  #postpone(fault: string): void {
    if (fault !== this.#fault) this.#tell(fault)
  }

  #tell(fault: string): void {
    const { folder, log, changed } = this.#ports
    this.#fault = fault
    log.error({ folder, fault }, 'the certificate is not taken; the one before stays')
    changed()
  }
}

/** Who copied last year's files over those of this year would shut everybody out. */
function requireAlive({ notAfter }: Pair, before: Pair, now: number): void {
  if (now < notAfter || now >= before.notAfter) return
  throw new PairFault(`the certificate has ended on ${new Date(notAfter).toISOString()}`)
}

/** Changes whenever one of the files does, also behind links. */
function stateOf(folder: string): string {
  const { chain, key } = certificateFiles(folder)
  return [chain, key].map(stateOfFile).join(' ')
}

function stateOfFile(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return [path, ino, size, mtimeMs, ctimeMs].join('/')
  } catch (error) {
    return `${path}/${(error as NodeJS.ErrnoException).code}`
  }
}
