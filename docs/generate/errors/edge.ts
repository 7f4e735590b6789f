/** What the edge refuses: the decisions of ext-authz, and what Envoy says by itself. */

import { REPLIES } from '../../../envoy/local-replies.ts'
import { type DenyReason, toWireDenial } from '../../../ext-authz/decision.ts'
import { code, table } from '../markdown.ts'

interface Explained {
  readonly cause: string
  readonly cure: string
}

/** Every reason has its words; a new reason does not compile without. */
const REASONS: Readonly<Record<DenyReason, Explained>> = {
  no_token: {
    cause: 'No access token came with the request. Every client begins so.',
    cure: 'Nothing, if the client then opens a login. Otherwise the client does not read `WWW-Authenticate`, or a proxy in between takes it away.',
  },
  malformed: {
    cause:
      'What came is no access token of ours: another kind of token, two headers, or one that was cut.',
    cure: 'Send the access token, not the refresh or ID token, in one `Authorization: Bearer` header. `gateway explain` says what exactly.',
  },
  expired: {
    cause: 'The token’s time is over (`ACCESS_TOKEN_LIFETIME`).',
    cure: 'Clients refresh by themselves. One that asks for a login each time has no refresh token: see [clients](clients.md).',
  },
  wrong_audience: {
    cause: 'The token was bought for another service, or for another address of this one.',
    cure: 'Use the very address that the service’s metadata calls `resource`. Log in for each service by itself.',
  },
  unknown_key: {
    cause:
      'The key that signed it is not published: another gateway’s token, or the store was replaced.',
    cure: 'Log in again. Where everybody meets it: was the state directory, the store or `GATEWAY_SECRET` exchanged?',
  },
  bad_signature: {
    cause: 'The signature does not fit: the token was altered, or forged.',
    cure: 'Log in again. If it goes on, look in the log who sends it.',
  },
  revoked: {
    cause:
      'The token, its grant, its client or its person was revoked; or it is older than a store that was restored.',
    cure: 'Clients refresh, or log in again. `gateway tokens show -` says which it was.',
  },
  insufficient_scope: {
    cause: 'The token lacks the scope `mcp`.',
    cure: 'Clients that can step up ask for it. Otherwise log in again without narrowing the scope.',
  },
  foreign_origin: {
    cause: 'A web page of an origin that is not allowed sent the request.',
    cure: 'Name the origin in `MCP_CORS_ORIGINS`, if you trust that page.',
  },
  unknown_service: {
    cause: 'The service was just added or taken out, and not every part knows it yet.',
    cure: 'Try again; it takes a second or two.',
  },
  keys_unavailable: {
    cause:
      'The token names a key that is not held, and the store did not answer whether it is published.',
    cure: '`gateway status`. With the store again, a token of ours is let in, and another refused.',
  },
  store_unavailable: {
    cause: 'The store did not answer for more than two seconds: nobody can say what was revoked.',
    cure: '`gateway status`. Logins are not lost; it serves again with the store.',
  },
  unforeseen: {
    cause: 'A fault in ext-authz. Nothing is let in by one.',
    cure: '`gateway logs ext-authz`, with the request’s id.',
  },
}

/** What Envoy answers when there is nobody else to. */
const BY_STATUS: Readonly<Record<number, Explained>> = {
  400: {
    cause: 'The request is no HTTP that can be read in one way.',
    cure: 'Look at the client, or at the proxy in between.',
  },
  408: {
    cause: 'Headers or body came too slowly.',
    cure: 'Send them faster: [the bounds](limits.md).',
  },
  413: { cause: 'The body is larger than [the bound](limits.md).', cure: 'Send less at once.' },
  426: { cause: 'HTTP/1.0 or older.', cure: 'Use HTTP/1.1 or HTTP/2.' },
  429: {
    cause: 'Too many requests to public addresses from one network.',
    cure: 'Wait as `Retry-After` says. `RATE_LIMIT_FACTOR` widens the limits for a large crowd.',
  },
  431: {
    cause: 'The headers are larger than the bound: often old cookies.',
    cure: 'Delete the cookies of this address.',
  },
  500: { cause: 'Envoy could not answer.', cure: '`gateway logs envoy`.' },
  501: {
    cause: 'The body is sent in another coding than `chunked`.',
    cure: 'Send a length, or `chunked` alone.',
  },
  502: {
    cause: 'A part ended in the middle of its answer.',
    cure: 'Try again; `gateway status` if it stays.',
  },
  503: {
    cause: 'A part that is needed does not answer.',
    cure: 'Try again; `gateway status` says which.',
  },
  504: { cause: 'A part took too long.', cure: 'Try again; `gateway status` if it stays.' },
}

export function edgeTables(): string[] {
  return [
    '### Decisions about a token',
    'The reason stands in the access log and the figures; callers get fewer words.',
    decisions(),
    '### What Envoy says by itself',
    'A program gets `{"error", "error_description"}`, a browser a page.',
    replies(),
  ]
}

function decisions(): string {
  const rows = Object.entries(REASONS).map(([reason, { cause, cure }]) => {
    const { status, error, description } = toWireDenial(reason as DenyReason)
    return [code(reason), `${status} ${code(error)}`, description, cause, cure]
  })
  return table(['reason', 'answer', 'says', 'cause', 'cure'], rows)
}

/** Written into routes, where nothing can be looked up. */
const IN_ROUTES = [
  [
    '404 `not_found`',
    'nothing is served at this address',
    'No service has this path. A path ends in `/mcp`.',
    '`gateway services` lists the addresses.',
  ],
  [
    '421 `misdirected_request`',
    'this gateway answers to ‹issuer› only: use that address',
    'The `Host` is another than `PUBLIC_URL` or `BASE_DOMAIN`: `127.0.0.1` for `localhost`, an old name, or a proxy that changes it.',
    'Use the address that it names, or let the proxy pass the name on.',
  ],
  [
    '403 `forbidden`',
    'connections are not upgraded here',
    'Somebody tries a WebSocket.',
    'MCP goes over plain HTTP.',
  ],
  [
    '403 `forbidden`',
    'the address is an https one, and the connection is not encrypted',
    'Somebody uses the gateway as a proxy, or begins a plain request by `https://`.',
    'Open the address that `gateway status` tells.',
  ],
] as const

function replies(): string {
  const rows = REPLIES.map(({ status, error, words }) => {
    const explained = BY_STATUS[status]
    if (explained === undefined)
      throw new Error(`docs/generate/errors/edge.ts has no words for ${status}`)
    return [`${status} ${code(error)}`, words, explained.cause, explained.cure]
  })
  return table(['answer', 'says', 'cause', 'cure'], [...rows, ...IN_ROUTES])
}
