/** Client ID metadata documents, and what is fetched for them; assertions of clients (RFC 7523). */

import type { Requirement } from './requirement.ts'

export const CLIENT_DOCUMENTS = {} as const satisfies Record<string, Requirement>
