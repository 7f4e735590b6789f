/**
 * Puts a pair where Envoy reads it, in the layout of a mounted Kubernetes Secret: `tls.crt` and `tls.key`
 * lead through the link `..data` to a folder that is new each time, so that one rename swaps both.
 */

import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { readPair } from './files.ts'
import type { Pair } from './pair.ts'

const DATA = '..data'
const FILES = { chain: 'tls.crt', key: 'tls.key', origin: 'origin' } as const

/** A pair and where it came from, which tells whether it still is what is wanted. */
export interface Served {
  readonly pair: Pair
  readonly origin: string
}

/** The place cannot be written: a full disk, a read-only one. What was served before still is. */
export class PublishFault extends Error {
  override readonly name = 'PublishFault'
}

/**
 * `origin` is kept beside the pair.
 * @throws PublishFault
 */
export function publishPair(folder: string, served: Served): void {
  const before = currentVersion(folder)
  const version = `..${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}`
  try {
    putVersion(folder, version, served)
  } catch (error) {
    // Whoever tries again and again must not leave one more each time.
    rmSync(join(folder, version), { recursive: true, force: true })
    throw new PublishFault(`${folder} cannot be written: ${(error as Error).message}`)
  }
  // Who read the certificate a moment ago finds its key still.
  removeVersions(folder, [version, before])
}

function putVersion(folder: string, version: string, { pair, origin }: Served): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  mkdirSync(join(folder, version), { mode: 0o700 })
  const put = (name: string, text: string): void =>
    writeFileSync(join(folder, version, name), text, { mode: 0o600, flush: true })
  put(FILES.chain, pair.chain)
  put(FILES.key, pair.key.reveal())
  put(FILES.origin, origin)
  for (const name of [FILES.chain, FILES.key]) linkOnce(join(DATA, name), join(folder, name))
  const coming = join(folder, `${DATA}.new`)
  rmSync(coming, { force: true })
  symlinkSync(version, coming)
  renameSync(coming, join(folder, DATA))
}

/** What is served now, or undefined when nothing that Envoy could serve. */
export function readServed(folder: string): Served | undefined {
  try {
    const origin = readFileSync(join(folder, DATA, FILES.origin), 'utf8')
    return { pair: readPair(folder), origin }
  } catch {
    // Nothing yet, or not by us: it is made anew.
    return undefined
  }
}

function currentVersion(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, DATA))
  } catch {
    return undefined
  }
}

function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function removeVersions(folder: string, kept: readonly (string | undefined)[]): void {
  const versions = readdirSync(folder).filter((name) => /^\.\.\d/.test(name))
  for (const name of versions.filter((one) => !kept.includes(one))) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
}
