/** Goes through the checks as one client, each with what those before it found out. */

import { type Finding, toFinding, toWayFault } from './finding.ts'
import { type Check, type Result, skipped } from './model/check.ts'
import { FACTS, type FactName } from './model/facts.ts'
import type { Visit } from './model/visit.ts'

/** What is the same for every client, and was asked already: shared by the walks of one run. */
export type Asked = Set<string>

const HIDDEN = '[secret]'

/** @param tell each finding, as soon as it is there. */
export async function walk(
  visit: Visit,
  checks: readonly Check[],
  asked: Asked,
  tell: (finding: Finding) => void,
): Promise<void> {
  let isBlocked = false
  try {
    for (const check of checks) {
      if (isBlocked || !isDue(check, visit, asked)) continue
      const result = await runCheck(check, visit)
      if (result === undefined) continue
      const finding = toFinding(check, visit.client, {
        ...result,
        detail: hideSecrets(result.detail, visit),
      })
      if (check.once === true && finding.status !== 'skipped') asked.add(check.id)
      tell(finding)
      // Where nobody is reached there is nothing to ask.
      isBlocked = check.stage === 'way' && finding.status === 'failed'
    }
  } finally {
    await leaveNothing(visit)
  }
}

function isDue(check: Check, { client, isOpen }: Visit, asked: Asked): boolean {
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
