/** What facts can be read with again later, as one text that somebody else seals and keeps. */

export interface KeptToken {
  readonly accessToken: string
  /** Epoch milliseconds; undefined: for ever, or nobody knows. */
  readonly expiresAt?: number | undefined
  /** Of GitHub Apps whose tokens expire: it works once. */
  readonly refreshToken?: string | undefined
}

/** A token that nothing can replace stands by itself. */
export function writeKeptToken(kept: KeptToken): string {
  return kept.refreshToken === undefined ? kept.accessToken : JSON.stringify(kept)
}

export function readKeptToken(text: string): KeptToken {
  try {
    const kept = JSON.parse(text) as KeptToken
    if (typeof kept.accessToken === 'string') return kept
  } catch {
    // No JSON: then it is a token.
  }
  return { accessToken: text }
}
