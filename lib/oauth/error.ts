/**
 * The one error type that may reach a client, and the table of codes it can carry.
 *
 * Three audiences, three fields: `code` is the wire's, `description` the client developer's,
 * `detail` and `cause` the operator's. Only the first two ever leave the process.
 */

/**
 * Wire code to HTTP status. RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7009 2.2.1,
 * RFC 7591 3.2.2, RFC 8628 3.5, RFC 8707 2, RFC 9101 6, OpenID Connect Core 3.1.2.6.
 */
const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  access_denied: 403,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  unsupported_token_type: 400,
  invalid_request_uri: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
  server_error: 500,
} as const satisfies Record<string, number>

export type OAuthErrorCode = keyof typeof STATUS

export interface OAuthErrorOptions extends ErrorOptions {
  /** For the log only: what exactly failed, with no secrets in it. */
  detail?: string
  /** A status that says more than the code's own, e.g. 413 for a body too large. */
  status?: number
  /** Seconds after which another try is worth while; sent as `Retry-After`. */
  retryAfterSeconds?: number
  /** Which explanation a person is given who meets it on a page; never sent to a program. */
  explain?: string
}

export interface OAuthErrorBody {
  readonly error: OAuthErrorCode
  readonly error_description: string
}

export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly detail: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly explain: string | undefined
  readonly #status: number | undefined

  constructor(code: OAuthErrorCode, description: string, options?: OAuthErrorOptions) {
    super(description, options)
    this.code = code
    this.detail = options?.detail
    this.retryAfterSeconds = options?.retryAfterSeconds
    this.explain = options?.explain
    this.#status = options?.status
  }

  get status(): number {
    return this.#status ?? STATUS[this.code]
  }

  /** Any thrown value becomes an OAuthError; what we did not foresee says nothing to the client. */
  static from(thrown: unknown): OAuthError {
    if (thrown instanceof OAuthError) return thrown
    return new OAuthError('server_error', 'the server could not complete the request', {
      cause: thrown,
    })
  }

  toJSON(): OAuthErrorBody {
    return { error: this.code, error_description: toErrorDescription(this.message) }
  }
}

/** RFC 6749 section 5.2: printable ASCII without the double quote and the backslash. */
export function toErrorDescription(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?')
}
