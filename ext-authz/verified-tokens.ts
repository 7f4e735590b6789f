/**
 * Tokens whose signature and audience were verified, remembered by the hash of the header they came in.
 *
 * Only what was good is remembered: whoever sends rubbish fills nothing. What can change is not part of
 * it and is asked each time: the expiry, and the revocations. When keys change, all of it goes; what a
 * service is called and where it stands cannot change while it runs.
 */

import { hash } from 'node:crypto'
import type { Presented } from '../lib/store/revocation.ts'
import type { Decision } from './decision.ts'

export interface VerifiedToken {
  /** The service it was verified for: at another one it is another question. */
  readonly service: string
  readonly presented: Presented
  /** Epoch milliseconds after which it has to be verified anew, and will be found expired. */
  readonly validUntil: number
  /** Unless it is revoked. */
  readonly decision: Decision
}

export interface VerifiedTokens {
  /** By `toTokenKey` of the header. */
  find(key: string): VerifiedToken | undefined
  add(key: string, token: VerifiedToken): void
  clear(): void
  readonly size: number
}

/** Half of what is held at most: about two kilobytes each. */
const GENERATION = 5000

/** Two generations: what the older one still holds and nobody asked for goes when the younger is full. */
export function createVerifiedTokens(generation = GENERATION): VerifiedTokens {
  let young = new Map<string, VerifiedToken>()
  let old = new Map<string, VerifiedToken>()

  function keep(key: string, token: VerifiedToken): void {
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(key, token)
  }

  return {
    find(key) {
      const found = young.get(key)
      if (found !== undefined) return found
      const older = old.get(key)
      if (older === undefined) return undefined
      // First: where the young one is full it becomes the old one, and this is not held in both.
      old.delete(key)
      keep(key, older)
      return older
    },
    add: keep,
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}

/** Tokens themselves stay out of the heap, and a short text is found sooner than a long one. */
export function toTokenKey(authorization: string): string {
  return hash('sha256', authorization, 'base64')
}
