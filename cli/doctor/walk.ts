/** Goes through the checks as one client, each with what those before it found out. */

import { type Finding, toFinding, toWayFault } from './finding.ts'
import { type Check, type Result, skipped } from './model/check.ts'
import { FACTS, type FactName } from './model/facts.ts'
import type { Visit } from './model/visit.ts'
import { plain, shorten } from './wire/words.ts'

/** What the walks of one run share. */
export interface Shared {
  /** Checks that are the same for every client, and were asked already. */
  readonly asked: Set<string>
  /** Where nobody is reached there is nothing to ask. */
  isBlocked: boolean
}

const BLOCKED = 'not tried: the way there does not work'

const HIDDEN = '[secret]'

export interface Listener {
  /** Each finding, as soon as it is there. */
  readonly tell: (finding: Finding) => void
  readonly leaving: AbortSignal
}

export async function walk(
  visit: Visit,
  checks: readonly Check[],
  shared: Shared,
  { tell, leaving }: Listener,
): Promise<void> {
  try {
    for (const check of checks) {
      if (leaving.aborted || !isDue(check, visit, shared.asked)) continue
      const finding = await find(check, visit, shared.isBlocked)
      if (finding === undefined) continue
      remember(check, finding, shared)
      tell(finding)
    }
  } finally {
    await leaveNothing(visit)
  }
}

function remember(check: Check, { status }: Finding, shared: Shared): void {
  if (check.once === true && status !== 'skipped') shared.asked.add(check.id)
  if (check.stage === 'way' && status === 'failed') shared.isBlocked = true
}

async function find(check: Check, visit: Visit, isBlocked: boolean): Promise<Finding | undefined> {
  const result = isBlocked ? skipped(BLOCKED) : await runCheck(check, visit)
  if (result === undefined) return undefined
  return toFinding(check, visit.client, { ...result, detail: toDetail(result.detail, visit) })
}

/** Whatever a check tells may hold a stranger's text: no control characters, no secrets, and only then short. */
function toDetail(told: string, visit: Visit): string {
  return shorten(hideSecrets(plain(told), visit))
}

function isDue(check: Check, { client, isOpen }: Visit, asked: ReadonlySet<string>): boolean {
  if (asked.has(check.id) || check.appliesTo?.(client) === false) return false
  // Without a login there is none to check.
  return !isOpen || check.stage === 'way' || check.stage === 'mcp' || check.id === 'challenge'
}

async function runCheck(check: Check, visit: Visit): Promise<Result | undefined> {
  const missing = check.needs.find((fact) => isMissing(fact, visit))
  if (missing !== undefined) {
    const { words, from } = FACTS[missing]
    return skipped(`not tried without ${words} (${from})`)
  }
  try {
    return await check.run(visit)
  } catch (error) {
    return toWayFault(error)
  }
}

function isMissing(fact: FactName, { facts, isOpen }: Visit): boolean {
  return facts[fact] === undefined && !(isOpen && fact === 'tokens')
}

/** A server may quote what it was sent. */
function hideSecrets(text: string, { secrets }: Visit): string {
  return [...secrets].reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text)
}

/** Whatever happens: sessions, tokens, registrations. */
async function leaveNothing({ leftBehind }: Visit): Promise<void> {
  for (const end of [...leftBehind.values()].toReversed()) {
    try {
      await end()
    } catch {
      // Who does not answer now has been told of above; it ends by itself there.
    }
  }
}
