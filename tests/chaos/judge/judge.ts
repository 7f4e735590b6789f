/** When everything is calm again: whether each thing that was ever acknowledged is still so. */

import { setTimeout as sleep } from 'node:timers/promises'
import { someAtOnce } from '../../../cli/some-at-once.ts'
import { form, type HttpResponse } from '../../support/http.ts'
import type { Member } from '../clients/member.ts'
import { sendTimed, untilDecided } from '../clients/patience.ts'
import { knock, type Met } from '../clients/raw-call.ts'
import type { Consent, Issued, Ledger } from '../ledger/ledger.ts'

const AT_ONCE = 6

/** @returns how much was looked at, in words. */
export async function judgeAcknowledged(
  url: string,
  ledger: Ledger,
  members: readonly Member[],
): Promise<readonly string[]> {
  return [
    await judgeRegistrations(url, ledger),
    await judgeConsents(ledger, members),
    await judgeTokens(url, ledger),
    await judgeGrants(ledger, members),
  ]
}

async function judgeRegistrations(url: string, ledger: Ledger): Promise<string> {
  const all = [...ledger.registrations.values()]
  await forEach(all, async ({ clientId, managementToken }) => {
    const headers = { authorization: `Bearer ${managementToken}` }
    const send = () => sendTimed({ url: `${url}/register/${clientId}`, headers })
    const { answer } = await untilDecided(send, ledger.clock)
    const deletions = ledger.revocations.of('client', clientId)
    const isDeleted = deletions.some(({ acknowledgedAt }) => acknowledgedAt !== undefined)
    if (isDeleted && answer.status === 200) ledger.report('revocation-lost', `${clientId} is back`)
    if (deletions.length === 0 && answer.status !== 200) {
      ledger.report('registration-lost', `${clientId} met ${answer.status}`)
    }
  })
  return `${all.length} registrations read`
}

/** Where nobody has signed out meanwhile, the page is skipped. */
async function judgeConsents(ledger: Ledger, members: readonly Member[]): Promise<string> {
  let asked = 0
  await forEach(latestConsents(ledger), async ({ person, clientId, resource, acknowledgedAt }) => {
    const endings = [
      ...ledger.revocations.of('user', `dev:${person}`),
      ...ledger.revocations.of('client', clientId),
    ]
    if (endings.some((one) => (one.acknowledgedAt ?? Infinity) >= acknowledgedAt)) return
    const member = members.find((one) => one.name === person && one.hasApproved(clientId))
    if (member === undefined) return
    asked += 1
    if (!(await member.isRemembered(clientId, resource))) {
      ledger.report('consent-lost', `${person} is asked again about ${clientId}`)
    }
  })
  return `${asked} consents remembered`
}

/** Whoever logs in again approves again: the last time counts. */
function latestConsents({ consents }: Ledger): readonly Consent[] {
  const latest = new Map<string, Consent>()
  for (const one of consents) latest.set(`${one.person} ${one.clientId} ${one.resource}`, one)
  return [...latest.values()]
}

/** More would take minutes, and tell no more. */
const TOKENS_TRIED = 4000

/** Evenly spread over the run. */
function isTried(index: number, length: number): boolean {
  return index % Math.ceil(length / TOKENS_TRIED) === 0
}

/** At the edge and at the authorization server, every token that was issued. */
async function judgeTokens(url: string, ledger: Ledger): Promise<string> {
  const all = ledger.tokens
    .filter(({ expiresAt }) => expiresAt > ledger.clock())
    .filter((_, index, { length }) => isTried(index, length))
  let ended = 0
  await forEach(all, async (issued) => {
    if (ledger.revocations.isEnded(issued)) ended += 1
    const { accessToken, resource: endpoint } = issued
    await untilAnswered(ledger, () => knock(ledger, { endpoint, accessToken, text: issued.user }))
    await judgeIntrospection(url, ledger, issued)
  })
  return `${all.length} access tokens tried, of which ${ended} were revoked`
}

const ATTEMPTS = 20

async function untilAnswered(ledger: Ledger, ask: () => Promise<Met | undefined>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const met = await ask()
    if (met !== undefined && met.status < 500) return
    await sleep(250)
  }
  ledger.report('outage-too-long', 'at last, with nothing broken, a call was not answered')
}

async function judgeIntrospection(url: string, ledger: Ledger, issued: Issued): Promise<void> {
  const registration = ledger.registrations.get(issued.client)
  if (registration === undefined || ledger.revocations.of('client', issued.client).length > 0)
    return
  const { clientId: client_id, secret: client_secret } = registration
  const sent = form({ token: issued.accessToken, client_id, client_secret })
  const send = (): Promise<HttpResponse> => sendTimed({ ...sent, url: `${url}/introspect` })
  const { answer } = await untilDecided(send, ledger.clock)
  const isActive = answer.status === 200 && answer.json()['active'] === true
  const words = `introspection of ${issued.token} of ${issued.user}: ${answer.status} ${answer.text}`
  if (isActive && ledger.revocations.isEnded(issued)) ledger.report('revocation-lost', words)
  const isGood = ledger.revocations.standingOf(issued, ledger.clock()) === 'good'
  if (isGood && !isActive) ledger.report('good-refused', words)
}

/** Whoever holds a refresh token that nobody ended gets another for it. */
async function judgeGrants(ledger: Ledger, members: readonly Member[]): Promise<string> {
  const holding = members.filter(({ held }) => held !== undefined)
  let refreshed = 0
  await forEach(holding, async (member) => {
    const { held } = member
    if (held === undefined || ledger.grantStandingOf(held.accessToken, ledger.clock()) !== 'good') {
      return
    }
    const { answer, sentAt } = await member.token(member.refreshing(held.refreshToken))
    if (answer.status === 200) member.keepRotation(held, answer, sentAt)
    else ledger.report('grant-lost', `${member.name}: at last a refresh met ${answer.text}`)
    refreshed += 1
  })
  return `${refreshed} grants refreshed`
}

async function forEach<One>(
  all: readonly One[],
  handle: (one: One) => Promise<void>,
): Promise<void> {
  await someAtOnce(
    all.map((one) => () => handle(one)),
    AT_ONCE,
  )
}
