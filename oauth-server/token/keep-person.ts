/** What is known of a person is there as long as a grant of theirs: whoever looks at everybody finds it by that. */

import { toSeconds } from '../../lib/platform/clock.ts'
import type { Ports } from '../ports.ts'
import type { Grant } from '../store/grants.ts'

/** @param seconds for which the grant is kept now. Without a round trip where the record lives longer anyway. */
export async function keepPerson(
  { families, clock }: Pick<Ports, 'families' | 'clock'>,
  grant: Grant,
  seconds: number,
): Promise<void> {
  await families.users.keep(grant.userId, {
    since: grant.authenticatedAt,
    until: toSeconds(clock()) + seconds,
  })
}
