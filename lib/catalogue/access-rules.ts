/** Who may in: the rules an operator writes under `access`, parsed. */

export type AccessRule =
  /** `*` */
  | { readonly kind: 'everyone' }
  /** `github:*`: whoever logs in there. */
  | { readonly kind: 'provider'; readonly provider: string }
  /** `github:583231`: the stable id, exactly. */
  | { readonly kind: 'id'; readonly provider: string; readonly id: string }
  /**
   * `github:octocat`, in lower case: bound to the id of whoever has this login at the first match.
   * `okta:alice@example.com`, as it is written: the stable id, or the login, bound likewise.
   * `dev:alice`, as it is written: there the name is the id.
   */
  | { readonly kind: 'login'; readonly provider: string; readonly login: string }
  /** `alice@example.com`, in lower case: a verified address. */
  | { readonly kind: 'email'; readonly email: string }
  /** `*@example.com`, in lower case. */
  | { readonly kind: 'email-domain'; readonly domain: string }
  /** `github:acme`, in lower case; bound to its id at the first match. */
  | { readonly kind: 'organization'; readonly provider: string; readonly organization: string }
  /** `github:acme/platform`, in lower case; bound to its id at the first match. */
  | { readonly kind: 'team'; readonly provider: string; readonly team: string }
  /** `okta:engineers`: a value of the provider's groups claim, exactly. */
  | { readonly kind: 'group'; readonly provider: string; readonly group: string }

/** One rule that holds is enough. */
export type AccessRules = readonly AccessRule[]

export interface AccessSettings {
  /** Who may in at all; undefined where nobody configured it: only with the dev provider alone. */
  readonly gateway: AccessRules | undefined
  /** Narrower rules of single services: whoever may in must fulfil these too. */
  readonly services: ReadonlyMap<string, AccessRules>
}

export const OPEN_ACCESS: AccessSettings = { gateway: undefined, services: new Map() }
