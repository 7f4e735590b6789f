/**
 * What a replacement was answered with, kept for a moment for whoever lost the answer (RFC 7592 section 2.2):
 * sealed, so that only the same registration token with the same document opens it.
 */

import { hash } from 'node:crypto'
import { digest, open, seal } from '../../lib/platform/seal.ts'
import type { MetadataDocument } from './metadata.ts'

const CONTEXT = 'replacement-answer'

/** What was asked: the token presented, and what was sent with it. */
export interface ReplacementRequest {
  readonly managementToken: string
  readonly document: MetadataDocument
}

export function sealReplacement(request: ReplacementRequest, answer: object): string {
  return seal(keyOf(request), JSON.stringify(answer), CONTEXT)
}

/** Undefined when something else was asked. */
export function openReplacement(request: ReplacementRequest, sealed: string): object | undefined {
  const answer = open(keyOf(request), sealed, CONTEXT)
  return answer === undefined ? undefined : (JSON.parse(answer) as object)
}

/** The one-step derivation of NIST SP 800-56C: a token is a good key already. */
function keyOf({ managementToken, document }: ReplacementRequest): Buffer {
  const asked = managementToken + digest(JSON.stringify(document))
  return hash('sha256', `\0\0\0\x01${asked}${CONTEXT}`, 'buffer')
}
