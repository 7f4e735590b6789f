/** Goes through the checks as one client, each with what those before it found out. */

import { type Finding, toFinding, toWayFault } from './finding.ts'
import { type Check, type Result, skipped } from './model/check.ts'
import { FACTS, type FactName } from './model/facts.ts'
import type { Visit } from './model/visit.ts'

/** What the walks of one run share. */
export interface Shared {
  /** Checks that are the same for every client, and were asked already. */
  readonly asked: Set<string>
  /** Where nobody is reached there is nothing to ask. */
  isBlocked: boolean
}

const BLOCKED = 'not tried: the way there does not work'

const HIDDEN = '[secret]'

/** @param tell each finding, as soon as it is there. */
export async function walk(
  visit: Visit,
  checks: readonly Check[],
  shared: Shared,
  tell: (finding: Finding) => void,
): Promise<void> {
  try {
    for (const check of checks) {
      if (!isDue(check, visit, shared.asked)) continue
      const finding = await find(check, visit, shared.isBlocked)
      if (finding === undefined) continue
      if (check.once === true && finding.status !== 'skipped') shared.asked.add(check.id)
      if (check.stage === 'way' && finding.status === 'failed') shared.isBlocked = true
      tell(finding)
    }
  } finally {
    await leaveNothing(visit)
  }
}

async function find(check: Check, visit: Visit, isBlocked: boolean): Promise<Finding | undefined> {
  const result = isBlocked ? skipped(BLOCKED) : await runCheck(check, visit)
  if (result === undefined) return undefined
  return toFinding(check, visit.client, { ...result, detail: hideSecrets(result.detail, visit) })
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
  for (const end of leftBehind.toReversed()) {
    try {
      await end()
    } catch {
      // Who does not answer now has been told of above; it ends by itself there.
    }
  }
}
