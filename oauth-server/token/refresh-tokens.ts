/**
 * The text of a refresh token: `<family>.<generation>.<proof>`.
 *
 * The proof is an HMAC under a key the store does not have: what we never made is told from an old
 * generation without asking anybody, so that garbage can revoke nothing and reuse always does.
 */

import { createHmac, createSecretKey } from 'node:crypto'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { openFor, randomText, sealFor } from '../../lib/platform/seal.ts'
import type { Generation } from '../store/refresh-families.ts'

export interface RefreshTokens {
  /** The first generation of a new family. */
  begin(): Generation
  format(generation: Generation): string
  /** Undefined for whatever we did not make. */
  parse(token: string): Generation | undefined
}

const SHAPE = /^([A-Za-z0-9_-]{43})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/

export function createRefreshTokens(keyBytes: Buffer): RefreshTokens {
  const key = createSecretKey(keyBytes)
  const prove = (family: string, generation: number): string =>
    createHmac('sha256', key).update(`${family}.${generation}`).digest('base64url')
  return {
    begin: () => ({ family: randomText(), generation: 1 }),
    format: ({ family, generation }) => `${family}.${generation}.${prove(family, generation)}`,
    parse(token) {
      const parts = SHAPE.exec(token)
      if (parts === null) return undefined
      const [, family = '', number = '', proof = ''] = parts
      const generation = Number(number)
      const isOurs = equalInConstantTime(proof, prove(family, generation))
      return isOurs ? { family, generation } : undefined
    },
  }
}

const ANSWER_CONTEXT = 'refresh-answer'

/** Seals what a refresh token was exchanged for, so that only who presents the token can read it. */
export function sealAnswer(token: string, answer: string): string {
  return sealFor(token, answer, ANSWER_CONTEXT)
}

export function openAnswer(token: string, sealed: string): string | undefined {
  return openFor(token, sealed, ANSWER_CONTEXT)
}
