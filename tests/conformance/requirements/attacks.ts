/** What attackers send to the authorization server, and what must happen. */

import type { Requirement } from './requirement.ts'

export const ATTACKS = {} as const satisfies Record<string, Requirement>
