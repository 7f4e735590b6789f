/** The bounds that people meet. `{path#NAME}` is replaced by what the code has there. */

export interface Met {
  readonly about: string
  readonly what: string
  readonly is: string
  /** What whoever goes past it sees. */
  readonly past: string
  readonly setting?: string
}

const BRIDGE = 'mcp-bridge/limits.ts#'
const SERVICE = 'in [`gateway.yaml`](bridge.md#what-a-service-can-set)'

export const MET: readonly Met[] = [...ofTheEdge(), ...ofLogins(), ...ofCalls(), ...ofProcesses()]

function ofTheEdge(): Met[] {
  const about = 'Requests'
  return [
    {
      about,
      what: 'headers of a request',
      is: '{envoy/connection-manager.ts#HEADERS_KIB_MAX} KiB, {envoy/header-bounds.ts#HEADERS_MAX} of them',
      past: '431',
    },
    {
      about,
      what: 'body to the authorization server',
      is: '{envoy/routes.ts#FORM_BYTES_MAX} at the edge; forms {oauth-server/steps/read-form.ts#BODY_BYTES_MAX}, registrations {oauth-server/clients/register.ts#REGISTRATION_BYTES_MAX}',
      past: '413',
    },
    { about, what: 'body to a service', is: `{${BRIDGE}BODY_BYTES_MAX}`, past: '413' },
    {
      about,
      what: 'values in a message to a service, or of one',
      is: `{${BRIDGE}MESSAGE_VALUES_MAX}`,
      past: '413, or the call fails',
    },
    {
      about,
      what: 'bodies to services, until they are answered',
      is: `{${BRIDGE}BODIES_BYTES_PER_USER_MAX} of a person, {${BRIDGE}BODIES_BYTES_MAX} of all`,
      past: '429; 503',
    },
    {
      about,
      what: 'time to read what a person sends to services, in large messages',
      is: `{${BRIDGE}EFFORT_BURST_MS}, and {${BRIDGE}EFFORT_MS_PER_SECOND} of each second`,
      past: '429',
    },
    { about, what: 'access token', is: '{lib/oauth/bearer.ts#TOKEN_CHARACTERS_MAX}', past: '401' },
    {
      about,
      what: 'public addresses, from one network address (a /64 of IPv6)',
      is: '{envoy/rate-limit.ts#BURST} at once, {envoy/rate-limit.ts#PER_SECOND} a second',
      past: '429 with `Retry-After`',
      setting: '`RATE_LIMIT_FACTOR`',
    },
    {
      about,
      what: 'MCP endpoints, from one address',
      is: 'none: one vendor’s cloud is thousands of people',
      past: '',
    },
  ]
}

function ofLogins(): Met[] {
  const about = 'Logins and clients'
  return [
    {
      about,
      what: 'registrations that nobody approved',
      is: '100,000',
      past: 'the oldest gives way, or 503 with `Retry-After` while none is older than {oauth-server/store/clients.ts#PROTECTED_MS}',
      setting: '`REGISTRATIONS_MAX`',
    },
    {
      about,
      what: 'redirect URIs of a client',
      is: '{oauth-server/clients/metadata.ts#REDIRECT_URIS_MAX}, of {oauth-server/clients/redirect-uri.ts#URI_BYTES_MAX} each',
      past: '`invalid_redirect_uri`',
    },
    {
      about,
      what: 'name of a client',
      is: '{oauth-server/clients/metadata.ts#TEXT_CHARACTERS_MAX}',
      past: 'cut',
    },
    {
      about,
      what: 'a client’s document',
      is: '{oauth-server/clients/documents/client-documents.ts#BYTES_MAX}',
      past: 'a page that says so',
    },
    {
      about,
      what: 'documents of clients that are fetched at once by a process, and as many key sets',
      is: '{lib/platform/outbound/outbound.ts#CONCURRENT_MAX}; {lib/platform/outbound/outbound.ts#CONCURRENT_PER_HOST_MAX} from one host, {lib/platform/outbound/outbound.ts#CONCURRENT_PER_REQUESTER_MAX} for one address (a /48 of IPv6)',
      past: '503 with `Retry-After`',
    },
    {
      about,
      what: '`state` of a client',
      is: '{oauth-server/authorize/respond.ts#STATE_BYTES_MAX}',
      past: 'a page',
    },
    {
      about,
      what: 'devices that wait for a person',
      is: '{oauth-server/store/devices.ts#LIVE_MAX}',
      past: '503 with `Retry-After`',
    },
    {
      about,
      what: 'groups of a person',
      is: '{oauth-server/login/providers/oidc/identity.ts#GROUPS_MAX}',
      past: 'the login fails, and the log says why',
    },
    {
      about,
      what: 'organisations and teams at GitHub',
      is: '{oauth-server/login/providers/github/github-facts.ts#PAGES_MAX} pages of each list',
      past: 'the login fails, and the log says why',
    },
    {
      about,
      what: 'a secret that a person enters',
      is: '{oauth-server/account/change.ts#SECRET_BYTES_MAX}; {lib/catalogue/secret-names.ts#USER_SECRETS_MAX} for a service',
      past: 'the page says so',
    },
    {
      about,
      what: 'accesses on the account page',
      is: '{oauth-server/account/describe-grants.ts#GRANTS_MAX}',
      past: 'the newest are shown; `gateway grants list` has all',
    },
  ]
}

function ofCalls(): Met[] {
  const about = 'Sessions and calls'
  return [
    {
      about,
      what: 'sessions of a person',
      is: `{${BRIDGE}SESSIONS_PER_USER_MAX}`,
      past: 'one unused for a minute gives way, or 429',
    },
    {
      about,
      what: 'sessions of a bridge',
      is: `{${BRIDGE}SESSIONS_MAX}`,
      past: `one unused for {${BRIDGE}GIVES_WAY_AFTER_MS} gives way, of whoever has most; or 503`,
      setting: '`MCP_BRIDGE_PROCESSES`',
    },
    {
      about,
      what: 'requests of a session that wait',
      is: `{${BRIDGE}PENDING_PER_SESSION_MAX}`,
      past: '429',
    },
    {
      about,
      what: 'a call without a sign of life',
      is: '300 s',
      past: 'an error that names the service',
      setting: `\`callTimeout\`, ${SERVICE}`,
    },
    {
      about,
      what: 'a call in all',
      is: '3600 s',
      past: 'the same',
      setting: `\`callCeiling\`, ${SERVICE}`,
    },
    {
      about,
      what: 'a message of a server',
      is: `{${BRIDGE}FRAME_BYTES_MAX}`,
      past: 'its call fails',
      setting: `\`messageBytes\`, ${SERVICE}`,
    },
    {
      about,
      what: 'what a client has not read',
      is: `{${BRIDGE}UNSENT_BYTES_MAX}, as much of a person, {${BRIDGE}UNSENT_TOTAL_BYTES_MAX} of all`,
      past: 'its stream is cut',
    },
    {
      about,
      what: 'kept for a client that comes back',
      is: `{${BRIDGE}EVENTS_BYTES_MAX} a session, {${BRIDGE}EVENTS_BYTES_PER_USER_MAX} of a person, {${BRIDGE}EVENTS_TOTAL_BYTES_MAX} in all`,
      past: 'the oldest go',
    },
    {
      about,
      what: 'streams of `subscriptions/listen` of a client',
      is: `{${BRIDGE}LISTENERS_PER_CLIENT_MAX}`,
      past: '429',
    },
    {
      about,
      what: 'arguments in the audit log',
      is: `{${BRIDGE}AUDIT_ARGUMENTS_CHARACTERS_MAX}, {${BRIDGE}AUDIT_TEXT_CHARACTERS_MAX} of each text`,
      past: 'cut',
      setting: '`audit: arguments`',
    },
    {
      about,
      what: 'entries of the audit log',
      is: '100,000',
      past: 'the oldest go',
      setting: '`AUDIT_ENTRIES`',
    },
  ]
}

function ofProcesses(): Met[] {
  const about = 'Processes and servers'
  return [
    {
      about,
      what: 'processes of a person at one service',
      is: '64',
      past: '429',
      setting: `\`processesPerUser\`, ${SERVICE}; {lib/catalogue/service-definition.ts#PROCESSES_PER_USER_MAX} at most`,
    },
    {
      about,
      what: 'processes of a person, over all services',
      is: `{${BRIDGE}PROCESSES_PER_USER_MAX}`,
      past: 'one that nobody uses ends, or 429',
    },
    {
      about,
      what: 'processes of a bridge',
      is: `{${BRIDGE}PROCESSES_MAX}`,
      past: `what nobody has used for {${BRIDGE}GIVES_WAY_AFTER_MS} gives way, of whoever has most; one waits {${BRIDGE}PLACE_WAIT_MS} for a place, then 503`,
      setting: '`MCP_BRIDGE_PROCESSES`',
    },
    {
      about,
      what: 'what a server writes',
      is: `{${BRIDGE}OUTPUT_BYTES_PER_SECOND} a second, after {${BRIDGE}OUTPUT_BURST_BYTES} at once`,
      past: 'it waits',
    },
    {
      about,
      what: 'requests to a server elsewhere',
      is: `{${BRIDGE}REMOTE_REQUESTS_MAX} at once`,
      past: '503',
    },
    {
      about,
      what: 'redirects of a server elsewhere',
      is: `{${BRIDGE}REMOTE_REDIRECTS_MAX}`,
      past: 'an error',
    },
    {
      about,
      what: 'connections of programs behind the guard',
      is: '{lib/platform/outbound/proxy/options.ts#CONNECTIONS_MAX}',
      past: 'refused',
    },
    {
      about,
      what: 'processes of each room',
      is: '{lib/platform/unix-socket.ts#PROCESSES_MAX}',
      past: 'refused at the start',
      setting: '`EXT_AUTHZ_PROCESSES` and its like',
    },
    {
      about,
      what: 'names in one certificate',
      is: '{certs/lego.ts#NAMES_MAX}',
      past: 'prove them by DNS: `ACME_DNS_PROVIDER`',
    },
    {
      about,
      what: '`gateway.yaml`',
      is: '{lib/catalogue/gateway-file.ts#FILE_BYTES_MAX}',
      past: 'refused at the start; later what was read before stays',
    },
    {
      about,
      what: 'path of a socket',
      is: '{lib/platform/unix-socket.ts#SOCKET_PATH_BYTES_MAX}',
      past: 'refused at the start',
      setting: '`XDG_RUNTIME_DIR`, `TMPDIR`',
    },
  ]
}
