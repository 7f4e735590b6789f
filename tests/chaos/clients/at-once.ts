/** The same code, or the same refresh token, presented twice at once: by a client in a hurry, or by a thief. */

import type { HttpResponse } from '../../support/http.ts'
import type { Held, Member } from './member.ts'

const isGood = (answer: HttpResponse | undefined): answer is HttpResponse => answer?.status === 200

async function twice(
  member: Member,
  fields: Readonly<Record<string, string>>,
): Promise<(HttpResponse | undefined)[]> {
  const ask = (): Promise<HttpResponse | undefined> =>
    member.exchange(fields).catch(() => undefined)
  return await Promise.all([ask(), ask()])
}

/** One of them may succeed; the other one ends what that has bought. */
export async function exchangeCodeTwice(member: Member, endpoint: string): Promise<void> {
  const { ledger } = member
  const code = await member.authorize(endpoint)
  const answers = await twice(member, code.fields)
  const bought = answers.filter(isGood).map((answer) => member.keepCode(code, answer))
  member.held = undefined
  const [first] = bought
  if (first === undefined) return
  const acknowledge = ledger.revoking('grant', ledger.issued.get(first.accessToken)?.grant ?? '')
  if (answers.some((answer) => answer?.status === 400)) acknowledge()
  ledger.count('codes presented twice at once')
}

/** Both get the same. */
export async function refreshTwice(member: Member, held: Held): Promise<void> {
  const { ledger } = member
  const firstAt = member.clock()
  const answers = await twice(member, member.refreshing(held.refreshToken))
  const refused = answers.find((answer) => answer?.status === 400)
  const isAlive = ledger.grantStandingOf(held.accessToken, member.clock()) === 'good'
  if (refused !== undefined && isAlive && ledger.exchanges.isWithinGrace(firstAt, member.clock())) {
    ledger.report('grant-lost', `${member.name}: one of two refreshes met ${refused.text}`)
  }
  for (const answer of answers.filter(isGood)) member.keepRotation(held, answer, firstAt)
  ledger.count('refresh tokens presented twice at once')
  // Nobody has heard of either: as a client does it.
  if (!answers.some(isGood)) await member.refresh(held, firstAt)
}
