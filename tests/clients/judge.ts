/**
 * What is to be said of a client: its own words prove nothing, and a column is `yes` only where the gateway saw
 * it too.
 */

import type { AuditRecord } from '../../lib/store/audit-record.ts'
import { COLUMNS, type Column } from './driver.ts'

/** What the client said, or how it failed. */
export type Step = { readonly said: string } | { readonly failed: string } | undefined

export interface Trial {
  readonly name: string
  readonly logIn: Step
  readonly list: Step
  readonly call: Step
  /** The call after the access token had ended. */
  readonly late: Step
  /** The call after an operator had ended the grant. */
  readonly revoked: Step
  /** Milliseconds; absent where it did not come to that. */
  readonly at: {
    readonly called?: number
    readonly expired?: number
    readonly revoked?: number
  }
  /** How often the person had been asked until then. */
  readonly visits: {
    readonly called?: number
    readonly late?: number
    readonly end?: number
  }
}

/** A line of the edge's access log. */
export interface EdgeRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly status: number
}

/** What the gateway has in its logs of the client's person and service. */
export interface Seen {
  readonly deeds: readonly AuditRecord[]
  readonly registrations: readonly AuditRecord[]
  readonly requests: readonly EdgeRequest[]
}

/** Why not, in the client's or the gateway's words; undefined is `yes`. */
type Objection = string | undefined

const done = (deed: AuditRecord, action: string): boolean =>
  deed.action === action && deed.outcome === 'ok'

export function judge(trial: Trial, seen: Seen): Readonly<Record<Column, Objection>> {
  const judges: Readonly<Record<Column, (trial: Trial, seen: Seen) => Objection>> = {
    discovery,
    registration,
    login,
    list,
    call,
    refresh,
    revocation,
  }
  const judged = COLUMNS.map((column) => [column, judges[column](trial, seen)] as const)
  return Object.fromEntries(judged) as Record<Column, Objection>
}

function discovery({ name }: Trial, { requests }: Seen): Objection {
  const metadata = `/.well-known/oauth-protected-resource/${name}/mcp`
  const isFound = requests.some(({ path, status }) => path === metadata && status === 200)
  return isFound ? undefined : 'the metadata of its service was never fetched'
}

/** By itself at the gateway, or by a document of its own. */
function registration(_: Trial, { deeds, registrations }: Seen): Objection {
  const clients = deeds.filter((deed) => done(deed, 'token/authorization_code'))
  if (clients.length === 0) return 'no client got a token'
  const unknown = clients.find(
    ({ client_id: id = '' }) =>
      !id.startsWith('https://') &&
      !registrations.some((deed) => done(deed, 'registration/create') && deed.client_id === id),
  )
  return unknown === undefined ? undefined : `${unknown.client_id} was never registered`
}

function login({ logIn }: Trial, { deeds }: Seen): Objection {
  const objection = objectionOf(logIn)
  if (objection !== undefined) return objection
  const isAllowed = deeds.some((deed) => done(deed, 'consent/approve'))
  const hasTokens = deeds.some((deed) => done(deed, 'token/authorization_code'))
  return isAllowed && hasTokens ? undefined : 'the gateway saw no login'
}

function list(trial: Trial): Objection {
  const objection = objectionOf(trial.list)
  if (objection !== undefined) return objection
  return saidOf(trial.list).includes('whoami') ? undefined : `no whoami: ${saidOf(trial.list)}`
}

function call(trial: Trial, { deeds }: Seen): Objection {
  return answered(trial, trial.call) ?? called(deeds, 0, trial.at.expired)
}

function refresh(trial: Trial, { deeds }: Seen): Objection {
  const { at, visits } = trial
  const objection = answered(trial, trial.late) ?? called(deeds, at.expired, at.revoked)
  if (objection !== undefined) return objection
  const since = deeds.filter((deed) => deed.at > (at.called ?? 0) && deed.at < (at.revoked ?? 0))
  if (visits.called !== visits.late || since.some(({ action }) => action.startsWith('consent/'))) {
    return 'the person was asked again'
  }
  const isRefreshed = since.some((deed) => done(deed, 'token/refresh_token'))
  return isRefreshed ? undefined : 'the gateway saw no refresh'
}

/** The next call is refused by the gateway, and the client says so, or asks for a new login. */
function revocation(trial: Trial, { deeds, requests }: Seen): Objection {
  const { revoked, at, visits } = trial
  if (revoked === undefined || at.revoked === undefined) return 'it did not come to that'
  const { revoked: since } = at
  const words = saidOf(revoked)
  if (words.includes(answerFor(trial))) return 'it still got an answer'
  if (called(deeds, since, Infinity) === undefined) return 'the gateway still let a call pass'
  const isRefused =
    requests.some((request) => request.at >= since && request.status === 401) ||
    deeds.some(
      ({ at: when, action, outcome }) =>
        when >= since && /^token\//.test(action) && outcome !== 'ok',
    )
  if (!isRefused) return `the gateway refused nothing: ${words}`
  const asks = visits.end !== visits.late
  return asks || REFUSAL.test(words)
    ? undefined
    : `it does not say that a login is needed: ${words}`
}

/** Words that tell a person what to do, or what is wrong. */
const REFUSAL = /auth|log[- ]?in|token|grant|401|revoked/i

/** As the tool answers the client's person. */
function answerFor({ name }: Trial): string {
  return `this is ${name}`
}

function answered(trial: Trial, step: Step): Objection {
  const objection = objectionOf(step)
  if (objection !== undefined) return objection
  return saidOf(step).includes(answerFor(trial)) ? undefined : `another answer: ${saidOf(step)}`
}

function called(deeds: readonly AuditRecord[], from = Infinity, until = Infinity): Objection {
  const isCall = (deed: AuditRecord): boolean =>
    done(deed, 'tools/call') && deed.target === 'whoami' && deed.at >= from && deed.at < until
  return deeds.some(isCall) ? undefined : 'the gateway saw no call'
}

function objectionOf(step: Step): Objection {
  if (step === undefined) return 'it did not come to that'
  return 'failed' in step ? step.failed : undefined
}

function saidOf(step: Step): string {
  if (step === undefined) return ''
  return 'failed' in step ? step.failed : step.said
}
