/**
 * Looks at everybody after the rules have changed, and ends what they no longer allow. Whoever is disabled may
 * nothing, whatever the rules say.
 *
 * It asks no provider: a rule about facts that were never asked for does not hold, and whoever it was
 * meant for logs in once more.
 */

import type { AccessSettings } from '../../lib/catalogue/access-rules.ts'
import type { Ports } from '../ports.ts'
import { type EndingPorts, endIfDisabled, endWhatFails } from './end-what-fails.ts'
import { bindingsOf } from './evaluate.ts'
import type { Standings } from './standing.ts'

type ByRules = <T>(decide: (rules: AccessSettings) => Promise<T>) => Promise<T>

export async function sweepPeople(
  ports: EndingPorts & Pick<Ports, 'families'>,
  byRules: ByRules,
  standings: Standings,
): Promise<void> {
  const { users, accessBindings, disabledUsers } = ports.families
  await byRules((rules) => accessBindings.keepOnly(bindingsOf(rules)))
  for (const id of (await disabledUsers.all()).keys()) await endIfDisabled(ports, id)
  let people = 0
  let from: string | undefined
  do {
    const { ids, next } = await users.page(from)
    await Promise.all(
      ids.map(async (id) => {
        const standing = await byRules((rules) => standings.atHand(rules, id))
        await endWhatFails(ports, id, standing, 'the access rules changed')
      }),
    )
    people += ids.length
    from = next
  } while (from !== undefined)
  ports.log.info({ people }, 'everybody has been looked at by the access rules')
}
