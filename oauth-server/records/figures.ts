/** What this room tells Prometheus beside what each process does: by outcome, never by person or client. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Figures } from '../../lib/platform/figures.ts'
import type { AuditTrail } from '../../lib/store/audit.ts'
import { type AuditRecord, kindOf } from '../../lib/store/audit-record.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Limits } from '../store/limits.ts'

/** One HTTP request that is over. */
export interface RequestFacts {
  /** Name of its row in the route table. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** @returns what is to be told of each request. */
export function tellRequests(figures: Figures): (facts: RequestFacts) => void {
  const requests = figures.tally('oauth_requests_total', 'HTTP requests by route and status.', [
    'route',
    'status',
  ])
  const duration = figures.timing(
    'oauth_request_duration_seconds',
    'How long they took.',
    BUCKETS,
    ['route'],
  )
  return ({ route, status, seconds }) => {
    requests.add([route, String(status)])
    duration.observe(seconds, [route])
  }
}

export type CountRecord = (record: Pick<AuditRecord, 'action' | 'outcome' | 'details'>) => void

/** The same trail, whose records are counted. */
export function countRecords(trail: AuditTrail, count: CountRecord): AuditTrail {
  return {
    append(record) {
      count(record)
      trail.append(record)
    },
    flush: () => trail.flush(),
  }
}

export function createCounts(figures: Figures): CountRecord {
  const tally = (name: string, help: string, ...labels: string[]) =>
    figures.tally(name, help, labels)
  const logins = tally('logins_total', 'Logins by provider and outcome.', 'provider', 'outcome')
  const consents = tally('consents_total', 'What people decided.', 'decision', 'outcome')
  const tokens = tally(
    'token_requests_total',
    'Requests for tokens by grant type and outcome: ok, or the code of the error.',
    'grant_type',
    'outcome',
  )
  const registrations = tally(
    'registrations_total',
    'Registrations of clients that were made, replaced or deleted by the client.',
    'change',
    'outcome',
  )
  const revoked = tally('revocations_made_total', 'What was revoked here.', 'what')
  const administration = tally(
    'administration_total',
    'Changes by operators.',
    'operation',
    'outcome',
  )
  return (record) => {
    const { action, outcome } = record
    const verb = action.slice(action.indexOf('/') + 1)
    switch (kindOf(action)) {
      case 'login':
        if (verb === 'sign-in') logins.add([String(record.details?.['provider']), outcome])
        return
      case 'consent':
        return consents.add([verb, outcome])
      case 'token':
        return tokens.add([verb, outcome])
      case 'registration':
        return registrations.add([verb, outcome])
      case 'revocation':
        return revoked.add([verb])
      case 'administration':
        return administration.add([verb, outcome])
    }
  }
}

/** The same limits; how often each refused somebody is counted. */
export function countRefusals(limits: Limits, figures: Figures): Limits {
  const refused = figures.tally(
    'rate_limited_total',
    'Requests that were refused because there were too many, by limit.',
    ['limit'],
  )
  const counted = (name: string, retryAfterSeconds: number): number => {
    if (retryAfterSeconds > 0) refused.add([name])
    return retryAfterSeconds
  }
  return {
    take: async (limit, subject) => counted(limit.name, await limits.take(limit, subject)),
    peek: async (limit, subject) => counted(limit.name, await limits.peek(limit, subject)),
    giveBack: (limit, subject) => limits.giveBack(limit, subject),
  }
}

export function tellKeys(
  figures: Figures,
  keyring: Pick<Keyring, 'signsSince'>,
  lifetimeSeconds: number,
  clock: Clock,
): void {
  figures.gauge('signing_key_age_seconds', 'For how long the key that signs has done so.', () => {
    const since = keyring.signsSince()
    return since === undefined ? undefined : (clock() - since) / 1000
  })
  figures.gauge(
    'signing_key_lifetime_seconds',
    'After how long another key takes its place (SIGNING_KEY_LIFETIME).',
    () => lifetimeSeconds,
  )
}
