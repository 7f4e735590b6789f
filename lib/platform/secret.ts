/** A string that does not print itself, and the keys that are derived from the one root secret. */

import { hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/** Prints, logs and serialises as `[secret]`; only `reveal()` gives the text. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** What a key is for. Each purpose yields an unrelated key (RFC 5869 section 3.2, `info`). */
export type KeyPurpose =
  | 'oauth-server'
  | 'oauth-server/signing-keys'
  | 'oauth-server/refresh-tokens'
  | 'oauth-server/user-codes'
  | 'oauth-server/upstream-tokens'
  | 'oauth-server/upstream-logins'
  | 'mcp-bridge'
  | 'edge'
  | 'redis'
  | 'user-secrets'
  /** Tells two root secrets apart; opens nothing. */
  | 'mark'

/** Derives 32 bytes for one purpose from a secret (HKDF-SHA-256, RFC 5869). */
export function deriveKey(secret: Secret, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.reveal(), 'mcp-oauth-gateway', purpose, 32))
}

/** As `deriveKey`, in base64url: to be handed to a process in its environment. */
export function deriveSecret(secret: Secret, purpose: KeyPurpose): Secret {
  return new Secret(deriveKey(secret, purpose).toString('base64url'))
}
