/**
 * What the authorization server tells an operator, as it travels between the two: JSON, times in ISO 8601.
 *
 * Nothing of it opens anything, but for the one member that says so.
 */

/** One question, on a line of its own. */
export interface AdminQuestion {
  /** `<family>/<verb>`. */
  readonly name: string
  /** The account of whoever asks. */
  readonly operator: string
  readonly input: unknown
}

/** Its answer, on a line of its own. */
export interface AdminAnswer {
  readonly status: number
  /** With another status than 200 an `AdminRefusal`. */
  readonly body: unknown
}

export interface AdminRefusal {
  readonly error: string
  readonly error_description: string
}

/** Pages may tell of one thing twice; none that is there all the time is left out. */
export interface Page<Entry> {
  readonly entries: readonly Entry[]
  /** What to ask the next page with; absent at the end. */
  readonly next?: string | undefined
}

export interface ClientEntry {
  readonly client_id: string
  /** `configured`: the operator's, written down in `gateway.yaml`. */
  readonly kind: 'registered' | 'configured' | 'document'
  readonly name: string | null
  readonly auth_method: string
  readonly grant_types: readonly string[]
  readonly redirect_uris: readonly string[]
  /** Null: it never registered. */
  readonly registered_at: string | null
  readonly approved: boolean
  /** Null: for ever. */
  readonly ends_at: string | null
  /** Live ones. */
  readonly grants: number
  readonly users: readonly string[]
  readonly services: readonly string[]
}

export interface GrantEntry {
  readonly grant_id: string
  readonly user: string
  readonly user_name: string
  readonly client_id: string
  readonly service: string
  readonly resource: string
  readonly scopes: readonly string[]
  /** What an operator who made it calls it. */
  readonly label: string | null
  readonly granted_at: string
  /** When a token was last bought under it. */
  readonly used_at: string | null
  /** The latest end of an access token under it. */
  readonly tokens_until: string | null
  readonly ends_at: string
}

export interface UserEntry {
  readonly user: string
  /** Null: nothing but the id is known. */
  readonly name: string | null
  readonly login: string | null
  readonly emails: readonly string[]
  readonly last_login_at: string | null
  readonly grants: number
  readonly clients: readonly string[]
  readonly services: readonly string[]
  readonly disabled: { readonly at: string; readonly by: string } | null
}

export interface ConsentEntry {
  readonly user: string
  readonly client_id: string
  readonly service: string | null
  readonly redirect_uri: string | null
  readonly scopes: readonly string[]
  readonly approved_at: string
  readonly used_at: string
}

export interface KeyEntry {
  readonly kid: string
  readonly algorithm: string
  readonly state: 'next' | 'signing' | 'retired'
  readonly signs_from: string
  /** It stays published so long, and longer while it signs. */
  readonly needed_until: string
}

/** What a token is and whether it counts; nothing that a signature does not vouch for. */
export interface TokenDescription {
  readonly kind: 'access' | 'refresh' | 'unknown'
  readonly active: boolean
  /** Why it does not count. */
  readonly reason: string | null
  readonly user: string | null
  readonly client_id: string | null
  readonly grant_id: string | null
  readonly token_id: string | null
  readonly resource: string | null
  readonly scopes: readonly string[]
  readonly issued_at: string | null
  readonly expires_at: string | null
}

export interface MintedToken {
  /** It opens what it is for. Told once, and kept nowhere. */
  readonly access_token: string
  readonly grant_id: string
  readonly user: string
  readonly service: string
  /** Where it is used. */
  readonly url: string
  readonly scopes: readonly string[]
  readonly expires_at: string
}

/** What came of each of several things that were to end. */
export interface Ended {
  readonly ended: readonly string[]
  /** They were not there, or not any more. */
  readonly missing: readonly string[]
  /** At this one it broke off: whether it has ended nobody knows. Null: all were tried. */
  readonly failed: EndingFailure | null
  /** Those after it. */
  readonly not_tried: readonly string[]
}

export interface EndingFailure extends AdminRefusal {
  readonly id: string
}

/** What ended of one person. */
export interface EndedUser {
  readonly user: string
  readonly grants: number
  readonly disabled: boolean
  /** How many of what they had entered for services was deleted; null: nobody asked for it. */
  readonly secrets_deleted: number | null
}

/** What the store holds. */
export interface StoreStatistics {
  /** Keys by record family. */
  readonly keys: Readonly<Record<string, number>>
  readonly used_bytes: number
  readonly peak_bytes: number
  /** Null without a bound. */
  readonly max_bytes: number | null
  readonly revocations: number
  readonly audit: {
    readonly entries: number
    readonly oldest: string | null
    readonly newest: string | null
  }
}

/** What went, or would: how many, by what they are. */
export interface Swept {
  readonly swept: Readonly<Record<string, number>>
}
