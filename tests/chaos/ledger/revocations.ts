/** What was asked to count no more, and when that was acknowledged. */

/** Design, section 6: memory of the edge is fresher than this, or the store is asked. */
export const REVOKED_WITHIN_MS = 2000

export type RevokedKind = 'token' | 'grant' | 'client' | 'user'

/** A token with every name by which it can be revoked. */
export interface TokenNames {
  readonly token: string
  readonly grant: string
  readonly client: string
  readonly user: string
  /** When the grant was certainly made already. */
  readonly grantedAt: number
  /** From then on it counts no more by itself. */
  readonly expiresAt: number
}

/** Whoever asks so shortly before may be answered afterwards. */
const EXPIRING_MS = 3000

interface Revocation {
  readonly begunAt: number
  /** Undefined while nobody has said that it counts. */
  acknowledgedAt: number | undefined
}

export type Standing =
  /** Nobody has touched it. */
  | 'good'
  /** It may count or not. */
  | 'doubtful'
  /** It must not count. */
  | 'revoked'

export class RevocationLedger {
  readonly #all = new Map<string, Revocation[]>()

  /** From now on it may count no more. @returns what to call once that is acknowledged. */
  begin(kind: RevokedKind, name: string, at: number): (at: number) => void {
    const revocation: Revocation = { begunAt: at, acknowledgedAt: undefined }
    const key = `${kind}:${name}`
    const known = this.#all.get(key)
    if (known === undefined) this.#all.set(key, [revocation])
    else known.push(revocation)
    return (acknowledgedAt) => {
      revocation.acknowledgedAt = acknowledgedAt
    }
  }

  /** How a token stands for a request that is sent at `at`. */
  standingOf(names: TokenNames, at: number): Standing {
    const standings = this.#covering(names).map(({ acknowledgedAt }) =>
      acknowledgedAt !== undefined && at > acknowledgedAt + REVOKED_WITHIN_MS
        ? 'revoked'
        : 'doubtful',
    )
    if (standings.includes('revoked')) return 'revoked'
    return standings.length > 0 || at > names.expiresAt - EXPIRING_MS ? 'doubtful' : 'good'
  }

  /** Whether its end was acknowledged, however lately. */
  isEnded(names: TokenNames): boolean {
    return this.#covering(names).some(({ acknowledgedAt }) => acknowledgedAt !== undefined)
  }

  /** A person's revocation ends what was granted before it; what is granted meanwhile is in doubt. */
  #covering({ token, grant, client, user, grantedAt }: TokenNames): Revocation[] {
    const { of } = this
    const ofUser = of('user', user).filter(
      ({ acknowledgedAt }) => acknowledgedAt === undefined || grantedAt <= acknowledgedAt,
    )
    const before = ofUser.map((one) =>
      grantedAt <= one.begunAt ? one : { ...one, acknowledgedAt: undefined },
    )
    return [...of('token', token), ...of('grant', grant), ...of('client', client), ...before]
  }

  readonly of = (kind: RevokedKind, name: string): readonly Revocation[] =>
    this.#all.get(`${kind}:${name}`) ?? []
}
