/** The authorization endpoint, its pages and its answers (RFC 6749, RFC 9126, RFC 9207). */

import type { Requirement } from './requirement.ts'

export const AUTHORIZE = {} as const satisfies Record<string, Requirement>
