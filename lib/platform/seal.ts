/**
 * Sealing: authenticated encryption of what a store keeps but must not be able to read.
 *
 * AES-256-GCM; a sealed text is base64url of nonce (12 bytes), tag (16 bytes), ciphertext.
 */

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  randomFillSync,
} from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals `plain` under a 32-byte key; `context` must be the same at opening. */
export function seal(key: Buffer, plain: string, context: string): string {
  const nonce = drawRandom(NONCE_BYTES)
  // As a key object: finding out what a plain buffer is takes Node longer than the encryption.
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce).setAAD(
    Buffer.from(context),
  )
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** Opens what `seal` made, or answers undefined: wrong key, wrong context, or not ours. */
export function open(key: Buffer, sealed: string, context: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce)
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const body = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch {
    // GCM tells only that the tag does not match: any such text is one we cannot open.
    return undefined
  }
}

/** Seals so that only who presents `bearer`, an unguessable text that is kept as its digest, can open it. */
export function sealFor(bearer: string, plain: string, context: string): string {
  return seal(bearerKey(bearer, context), plain, context)
}

export function openFor(bearer: string, sealed: string, context: string): string | undefined {
  return open(bearerKey(bearer, context), sealed, context)
}

/** The one-step derivation of NIST SP 800-56C: an unguessable text is a good key already. */
function bearerKey(bearer: string, context: string): Buffer {
  return hash('sha256', `\0\0\0\x01${bearer}${context}`, 'buffer')
}

/** SHA-256 in base64url: how tokens, codes and secrets of high entropy are stored. */
export function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** An unguessable text of `bytes` random bytes in base64url (256 bits unless told). */
export function randomText(bytes = 32): string {
  return drawRandom(bytes).toString('base64url')
}

const pool = Buffer.alloc(4096)
let drawn = pool.length

/** From bytes drawn in advance, because each draw costs a system call; no byte is given out twice. */
function drawRandom(bytes: number): Buffer {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const piece = Buffer.from(pool.subarray(drawn, drawn + bytes))
  // What was given out is nobody else's to read.
  pool.fill(0, drawn, drawn + bytes)
  drawn += bytes
  return piece
}
