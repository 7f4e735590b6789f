/** Registration and its management (RFC 7591, RFC 7592). */

import type { Requirement } from './requirement.ts'

export const REGISTRATION = {} as const satisfies Record<string, Requirement>
