/** One client from its installation to the end of its access, step by step; then what is to be said of it. */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NotInstalled } from '../support/installed-packages.ts'
import {
  type ClientDriver,
  COLUMNS,
  type Column,
  type RunningClient,
  type Surroundings,
} from './driver.ts'
import { judge, type Step, type Trial } from './judge.ts'
import type { World } from './world.ts'

export interface Outcome {
  readonly state: 'yes' | 'no' | 'not tried'
  /** Why, where it is not `yes`. */
  readonly why?: string
  /** That it is no fault: the client does not do it in any gateway. */
  readonly isLack?: true
}

export interface ClientResult {
  readonly name: string
  readonly title: string
  readonly version: string
  /** Of the day. */
  readonly tried: string
  readonly columns: Readonly<Record<Column, Outcome>>
  /** What it said when its grant had been revoked. */
  readonly refusal?: string
}

/** Until the edge has heard of a revocation. */
const REVOKED_WITHIN_MS = 1000
const STEP_MS_MAX = 75_000
const WORDS_MAX = 240

export async function tryClient(driver: ClientDriver, world: World): Promise<ClientResult> {
  const { name, title, version, lacks = {}, untried = {} } = driver
  const about = { name, title, version, tried: new Date().toISOString().slice(0, 10) }
  let installed: string
  try {
    installed = await driver.install()
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error
    const outcome = { state: 'not tried', why: `not installed: ${shorten(error.message)}` } as const
    return { ...about, columns: everywhere(() => outcome) }
  }
  const surroundings = world.enter(name)
  const trial = await walk(driver, surroundings, { world, installed })
  await surroundings.person.stop()
  const objections = judge(trial, await world.see(name))
  const columns = everywhere((column): Outcome => {
    const [why, lack, reason] = [objections[column], lacks[column], untried[column]]
    if (reason !== undefined) return { state: 'not tried', why: reason }
    if (lack === undefined)
      return why === undefined ? { state: 'yes' } : { state: 'no', why: shorten(why) }
    if (why !== undefined) return { state: 'no', why: lack, isLack: true }
    return { state: 'no', why: `it does by now what it is said to lack: ${lack}` }
  })
  const refusal = refusalOf(trial)
  return { ...about, columns, ...(refusal === undefined ? {} : { refusal }) }
}

interface Equipment {
  readonly world: World
  readonly installed: string
}

async function walk(
  driver: ClientDriver,
  surroundings: Surroundings,
  { world, installed }: Equipment,
): Promise<Trial> {
  const { name, person } = surroundings
  const client = await driver.start(surroundings, installed)
  try {
    const logIn = await step(() => client.logIn())
    if (logIn === undefined || 'failed' in logIn) return nothingBut(name, logIn)
    const list = await step(() => client.list())
    const call = await step(() => client.call())
    const [called, visitsThen] = [Date.now(), person.visits()]
    await untilExpired(world, name)
    const expired = Date.now()
    const late = await step(() => client.call())
    const visitsLate = person.visits()
    person.leave()
    await world.revoke(name)
    const revokedAt = Date.now()
    await sleep(REVOKED_WITHIN_MS)
    const revoked = await step(() => client.call())
    return {
      name,
      ...{ logIn, list, call, late, revoked },
      at: { called, expired, revoked: revokedAt },
      visits: { called: visitsThen, late: visitsLate, end: person.visits() },
    }
  } finally {
    await end(client)
  }
}

async function end(client: RunningClient): Promise<void> {
  try {
    await client.end?.()
  } catch {
    // What ends badly after all that has been seen.
  }
}

function nothingBut(name: string, logIn: Step): Trial {
  const never = { list: undefined, call: undefined, late: undefined, revoked: undefined }
  return { name, logIn, ...never, at: {}, visits: {} }
}

async function step(act: () => Promise<unknown>): Promise<Step> {
  const late = sleep(STEP_MS_MAX, LATE, { ref: false })
  try {
    const said = await Promise.race([act(), late])
    return said === LATE ? { failed: `no answer in ${STEP_MS_MAX} ms` } : { said: String(said) }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

const LATE = Symbol('late')

/** Until the last access token that the client got is one no longer. */
async function untilExpired(world: World, name: string): Promise<void> {
  const { deeds } = await world.see(name)
  const minted = deeds.filter(({ action, outcome }) => /^token\//.test(action) && outcome === 'ok')
  const last = Math.max(...minted.map(({ at }) => at))
  await sleep(Math.max(0, last + world.expiredAfterMs - Date.now()))
}

function everywhere(outcome: (column: Column) => Outcome): Record<Column, Outcome> {
  return Object.fromEntries(COLUMNS.map((column) => [column, outcome(column)])) as Record<
    Column,
    Outcome
  >
}

function refusalOf({ revoked }: Trial): string | undefined {
  if (revoked === undefined) return undefined
  return shorten('failed' in revoked ? revoked.failed : revoked.said)
}

/** Each client's own, which is another one each time. */
const HOME = new RegExp(`${join(tmpdir(), 'clients-')}\\w+/[\\w-]+`, 'g')

/** One line of what may be pages, at whose end the reason stands. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(HOME, '~').trim()
  return line.length <= WORDS_MAX ? line : `…${line.slice(-WORDS_MAX)}`
}
