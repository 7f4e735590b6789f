/** A client asks the authorization server what its own token is worth (RFC 7662). */

import { form } from '../../support/http.ts'
import type { Member } from './member.ts'
import { sendTimed, untilDecided } from './patience.ts'

/** The store itself is asked: what was acknowledged counts at once. */
export async function introspect(member: Member, accessToken: string): Promise<void> {
  const { ledger, issuer } = member
  const issued = ledger.issued.get(accessToken)
  if (issued === undefined) return
  const wasEnded = ledger.revocations.isEnded(issued)
  const sent = form({ token: accessToken, ...member.credentials() })
  const send = () => sendTimed({ ...sent, url: `${issuer}/introspect` })
  const { answer } = await untilDecided(send, member.clock)
  const words = `introspection of ${issued.token} of ${issued.user}: ${answer.status} ${answer.text}`
  const isActive = answer.status === 200 && answer.json()['active'] === true
  if (wasEnded && isActive) ledger.report('revocation-lost', words)
  const isGood = ledger.revocations.standingOf(issued, member.clock()) === 'good'
  if (isGood && !isActive) ledger.report('good-refused', words)
  ledger.count('introspections')
}
