/** The backups that lie in a folder. */

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { type About, readHeading } from './about.ts'

export interface KeptBackup {
  readonly file: string
  readonly bytes: number
  /** Undefined for what is no backup that can be read here, in spite of its name. */
  readonly about: About | undefined
  /** Why. */
  readonly fault: string | undefined
}

/** A night on which none was made. */
export interface FailedNight {
  readonly at: string
  readonly message: string
}

const ENDING = '.backup'
/** There while the latest nightly backup failed; compose.yaml looks for it. */
const FAILED_MARK = '.failed'

/** The latest first; what cannot be read last. @throws CliError when there is no such folder. */
export async function listBackups(folder: string): Promise<KeptBackup[]> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new CliError(`${folder} cannot be read: ${cause.message}`, {
      nextStep: 'gateway backup makes one there; or name the folder: gateway backup list FOLDER',
      cause,
    })
  })
  const found = await Promise.all(
    names.filter((name) => name.endsWith(ENDING)).map((name) => describe(join(folder, name))),
  )
  const timeOf = ({ about }: KeptBackup): string => about?.made_at ?? ''
  return found.toSorted((one, other) => (timeOf(one) > timeOf(other) ? -1 : 1))
}

async function describe(file: string): Promise<KeptBackup> {
  const { size: bytes } = await stat(file)
  try {
    return { file, bytes, about: (await readHeading(file)).about, fault: undefined }
  } catch (error) {
    return { file, bytes, about: undefined, fault: (error as Error).message }
  }
}

/** Of one gateway's nightly ones, all but the latest. @returns those that went. */
export async function removeOld(
  folder: string,
  issuer: string,
  keeping: Keeping,
): Promise<string[]> {
  const own = (await listBackups(folder)).filter(
    ({ about }) => about?.issuer === issuer && about.nightly === true,
  )
  // By a clock that was ahead: it says nothing, and must not push out what is made from now on.
  const isAhead = ({ about }: KeptBackup): boolean => Date.parse(about?.made_at ?? '') > keeping.now
  const latestFirst = [...own.filter((one) => !isAhead(one)), ...own.filter(isAhead)]
  const old = latestFirst.slice(keeping.most).map(({ file }) => file)
  for (const file of old) await rm(file, { force: true })
  return old
}

export interface Keeping {
  readonly most: number
  /** Milliseconds since 1970. */
  readonly now: number
}

const LEFT = /^\.incoming-|\.part$/
export const DAY_MS = 86_400_000

/** What was being written, or brought in, when somebody was killed. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    if (LEFT.test(name) && now - (await stat(path)).mtimeMs > DAY_MS) await rm(path)
  }
}

/** @param failure of the last night; undefined: it went well. */
export async function noteFailure(folder: string, failure: FailedNight | undefined): Promise<void> {
  const path = join(folder, FAILED_MARK)
  if (failure === undefined) return await rm(path, { force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(path, `${JSON.stringify(failure)}\n`, { mode: 0o600 })
}

/** Undefined while the last night went well, or none was wanted. */
export async function lastFailure(folder: string): Promise<FailedNight | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FAILED_MARK), 'utf8')) as FailedNight
  } catch {
    return undefined
  }
}
