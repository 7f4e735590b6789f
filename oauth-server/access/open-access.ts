/** Access where no rule is configured: whoever logs in may use everything. */

import { type Clock, toSeconds } from '../../lib/platform/clock.ts'
import type { Families } from '../ports.ts'
import type { Access } from './access.ts'

const NOTHING = { emails: false, organizations: false, teams: false, groups: false }

export function createOpenAccess(
  services: ReadonlyMap<string, unknown>,
  { users }: Pick<Families, 'users'>,
  clock: Clock,
): Access {
  return {
    needsOf: () => NOTHING,
    async admit(user) {
      const now = toSeconds(clock())
      await users.record({ ...user, readAt: now, lastLoginAt: now })
      return true
    },
    allows: async (_userId, service) => service === undefined || services.has(service),
    servicesOf: async () => [...services.keys()],
  }
}
