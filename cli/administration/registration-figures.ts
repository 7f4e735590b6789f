/** Registrations in figures. */

import type { ClientEntry } from '../../lib/oauth/administration.ts'
import { toPlace } from './cells.ts'

export interface RegistrationFigures {
  readonly registered: number
  readonly configured: number
  readonly approved: number
  readonly unapproved: number
  readonly with_grants: number
  readonly without_grants: number
  /** By day of registration (UTC), the last `DAYS`, the latest first. */
  readonly by_day: Readonly<Record<string, number>>
  /** The most frequent ones. */
  readonly by_name: Readonly<Record<string, number>>
  readonly by_place: Readonly<Record<string, number>>
  readonly by_auth_method: Readonly<Record<string, number>>
}

const DAYS = 7
const MOST = 10

export function toFigures(clients: readonly ClientEntry[]): RegistrationFigures {
  const registered = clients.filter(({ kind }) => kind === 'registered')
  const approved = registered.filter((client) => client.approved)
  const used = registered.filter(({ grants }) => grants > 0)
  const days = tally(registered.map(({ registered_at }) => registered_at?.slice(0, 10) ?? ''))
  const mostOf = (of: (client: ClientEntry) => readonly string[]): Record<string, number> =>
    Object.fromEntries(mostFrequent(tally(registered.flatMap(of))).slice(0, MOST))
  return {
    registered: registered.length,
    configured: clients.length - registered.length,
    approved: approved.length,
    unapproved: registered.length - approved.length,
    with_grants: used.length,
    without_grants: registered.length - used.length,
    by_day: Object.fromEntries([...days].sort().reverse().slice(0, DAYS)),
    by_name: mostOf(({ name }) => [name ?? '']),
    by_place: mostOf(({ redirect_uris }) => [...new Set(redirect_uris.map(toPlace))]),
    by_auth_method: mostOf(({ auth_method }) => [auth_method]),
  }
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

function mostFrequent(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((left, right) => right[1] - left[1])
}
