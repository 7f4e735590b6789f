/** What facts can be read with again later, as one text that somebody else seals and keeps. */

export interface KeptToken {
  /** Whose facts: nobody else's are taken for them. */
  readonly subject: string
  readonly accessToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly refreshToken?: string | undefined
  /** The groups stand in ID tokens alone: only a refresh tells them again. */
  readonly isInIdToken: boolean
}

export function writeKeptToken(token: KeptToken): string {
  return JSON.stringify(token)
}

/** Undefined for what is not ours. */
export function readKeptToken(text: string): KeptToken | undefined {
  try {
    const token = JSON.parse(text) as KeptToken
    return typeof token.subject === 'string' && typeof token.accessToken === 'string'
      ? token
      : undefined
  } catch {
    // Another version wrote it: the person logs in again.
    return undefined
  }
}
