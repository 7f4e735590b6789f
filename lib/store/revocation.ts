/** What a revocation refuses: one rule, whether its entries come from the store or from memory. */

import { instantOfGrant } from './instant.ts'

export const REVOCATION_KINDS = ['token', 'grant', 'client', 'user'] as const
export type RevocationKind = (typeof REVOCATION_KINDS)[number]

/** What a request is made with. */
export interface Presented {
  readonly tokenId: string
  readonly grantId: string
  readonly clientId: string
  readonly userId: string
  /** `iat`, epoch seconds. */
  readonly issuedAt: number
}

export type RevocationAnswer =
  | { readonly revoked: false }
  | { readonly revoked: true; readonly by: RevocationKind | 'epoch' }

/** When a store began: what was issued before is of another store. */
export interface Epoch {
  readonly id: string
  /** Epoch seconds. */
  readonly notBefore: number
}

/** How far a store has come, as somebody has seen it. */
export interface StoreState {
  readonly epoch: Epoch
  /** How many writes there were. */
  readonly number: number
}

/** The instant of the entry that names this, in milliseconds; undefined without one. */
export type InstantOf = (kind: RevocationKind, id: string) => number | undefined

const ALIVE: RevocationAnswer = { revoked: false }

/** A token or a grant is refused by being named; a user or a client refuses every grant made up to the instant. */
export function judge(
  { tokenId, grantId, clientId, userId, issuedAt }: Presented,
  { notBefore }: Pick<Epoch, 'notBefore'>,
  instantOf: InstantOf,
): RevocationAnswer {
  if (issuedAt < notBefore) return { revoked: true, by: 'epoch' }
  if (instantOf('token', tokenId) !== undefined) return { revoked: true, by: 'token' }
  if (instantOf('grant', grantId) !== undefined) return { revoked: true, by: 'grant' }
  if (refuses(instantOf('client', clientId), grantId)) return { revoked: true, by: 'client' }
  if (refuses(instantOf('user', userId), grantId)) return { revoked: true, by: 'user' }
  return ALIVE
}

/** A grant without an instant cannot prove that it is younger: it is refused. */
function refuses(instant: number | undefined, grantId: string): boolean {
  if (instant === undefined) return false
  const made = instantOfGrant(grantId)
  return made === undefined || made <= instant
}

/** Fewer writes in the same epoch, or an epoch that began before: numbers of two epochs say nothing. */
export function isEarlier({ epoch, number }: StoreState, seen: StoreState): boolean {
  return epoch.id === seen.epoch.id ? number < seen.number : epoch.notBefore < seen.epoch.notBefore
}

/** An entry as the store keeps it: `<instant>:<expiresAt>`, milliseconds and epoch seconds. */
export function parseEntry(entry: string): { instant: number; expiresAt: number } {
  const [instant, expiresAt] = entry.split(':')
  return { instant: Number(instant), expiresAt: Number(expiresAt) }
}
