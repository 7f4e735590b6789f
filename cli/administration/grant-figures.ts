/** Grants in figures. */

import type { GrantEntry } from '../../lib/oauth/administration.ts'

export interface GrantFigures {
  readonly count: number
  readonly oldest: string | null
  readonly newest: string | null
  /** The ones with the most, the most first. */
  readonly by_service: Readonly<Record<string, number>>
  readonly by_user: Readonly<Record<string, number>>
  readonly by_client: Readonly<Record<string, number>>
}

const MOST = 10

export function toGrantFigures(grants: readonly GrantEntry[]): GrantFigures {
  const times = grants.map(({ granted_at }) => granted_at).toSorted()
  return {
    count: grants.length,
    oldest: times[0] ?? null,
    newest: times.at(-1) ?? null,
    by_service: mostOf(grants, ({ service }) => service),
    by_user: mostOf(grants, ({ user }) => user),
    by_client: mostOf(grants, ({ client_id }) => client_id),
  }
}

function mostOf(
  grants: readonly GrantEntry[],
  of: (grant: GrantEntry) => string,
): Record<string, number> {
  const groups = [...Map.groupBy(grants, of)].map(([name, all]) => [name, all.length] as const)
  return Object.fromEntries(groups.toSorted(([, one], [, other]) => other - one).slice(0, MOST))
}
