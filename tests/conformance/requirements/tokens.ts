/** Codes, refresh tokens, revocation, introspection, user information and keys. */

import type { Requirement } from './requirement.ts'

export const TOKENS = {} as const satisfies Record<string, Requirement>
