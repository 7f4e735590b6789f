/** Devices (RFC 8628) and clients that act for themselves (RFC 6749 section 4.4). */

import type { Requirement } from './requirement.ts'

export const DEVICE_AND_MACHINES = {} as const satisfies Record<string, Requirement>
