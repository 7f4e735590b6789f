/**
 * `${user.id}`: a name for a person's folder, made of `sub`.
 *
 * `u` and 26 characters of base32 (RFC 4648 section 6, lower case, no padding) of SHA-256: injective
 * for all that matters, safe as file name, path segment and argument.
 */

import { createHash } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const CHARACTERS = 26

export function toUserId(subject: string): string {
  const bits = [...createHash('sha256').update(subject).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const characters = Array.from({ length: CHARACTERS }, (_, index) =>
    ALPHABET.charAt(Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)),
  )
  return `u${characters.join('')}`
}
