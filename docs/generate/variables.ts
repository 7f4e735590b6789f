/** What each environment variable means to an operator. What may be written, and the default, the code says itself. */

/** By name; a variable that is in the code and not here, or here and not in the code, is a fault. */
export interface Meaning {
  readonly group: Group
  readonly words: string
  /** Where the code's default is not one value. */
  readonly fallback?: string
}

export const GROUPS = [
  'Where it is',
  'Certificates',
  'Login',
  'Who may in',
  'Lifetimes',
  'Clients',
  'Services',
  'Processes and store',
  'Programs',
  'Traces',
] as const
export type Group = (typeof GROUPS)[number]

const where = (words: string, fallback?: string): Meaning =>
  toMeaning('Where it is', words, fallback)
const certificates = (words: string, fallback?: string): Meaning =>
  toMeaning('Certificates', words, fallback)
const login = (words: string, fallback?: string): Meaning => toMeaning('Login', words, fallback)
const people = (words: string): Meaning => toMeaning('Who may in', words)
const lifetime = (words: string): Meaning => toMeaning('Lifetimes', words)
const clients = (words: string): Meaning => toMeaning('Clients', words)
const services = (words: string, fallback?: string): Meaning =>
  toMeaning('Services', words, fallback)
const processes = (words: string, fallback?: string): Meaning =>
  toMeaning('Processes and store', words, fallback)
const programs = (words: string, fallback?: string): Meaning =>
  toMeaning('Programs', words, fallback)

const traces = (words: string): Meaning => toMeaning('Traces', words)

function toMeaning(group: Group, words: string, fallback?: string): Meaning {
  return { group, words, ...(fallback !== undefined && { fallback }) }
}

export const MEANINGS: Readonly<Record<string, Meaning>> = {
  PUBLIC_URL: where(
    'The issuer, byte for byte: `http(s)://host[:port]`. Plain http is for this machine alone',
    '`http://localhost:8642`, or `https://auth.BASE_DOMAIN`',
  ),
  BASE_DOMAIN: where('A host for each service: `auth.DOMAIN`, `SERVICE.DOMAIN/mcp`'),
  GATEWAY_PORT: where('Where Envoy listens'),
  GATEWAY_HTTP_PORT: where(
    'Where plain HTTP is sent on to https; 0 is nowhere',
    '80 off this machine',
  ),
  GATEWAY_ADMIN_PORT: where(
    'Envoy’s pages to look at, on loopback',
    '`GATEWAY_PORT` + 1259, so 9901',
  ),
  GATEWAY_METRICS_PORT: where(
    'Figures for Prometheus, on loopback',
    '`GATEWAY_PORT` + 822, so 9464',
  ),
  GATEWAY_STATE_DIR: where('Keys, data and logs. Change it and the port for a second gateway'),
  GATEWAY_CONFIG: where('The configuration file', '`gateway.yaml`'),
  GATEWAY_PACKAGES_DIR: where(
    'Where packages of services are installed',
    '`~/.cache/mcp-oauth-gateway/services`',
  ),
  MCP_CORS_ORIGINS: where(
    'Web pages that may call, `*` for all but `null`. `PUBLIC_URL`’s own may without it, on loopback all of this machine',
  ),
  LOG_LEVEL: where('How much every part says'),

  GATEWAY_TLS: certificates(
    'https on this machine with an authority of its own: what `--tls` sets',
  ),
  TLS_CERTIFICATE_FOLDER: certificates(
    'Holds a certificate of your own: [which files](certificates.md#your-own-files)',
    '`.gateway/certs/live`',
  ),
  ACME_EMAIL: certificates(
    'Certificates by themselves. Setting it accepts the terms of the authority',
  ),
  ACME_DIRECTORY_URL: certificates('Another authority than Let’s Encrypt'),
  ACME_CA_FILE: certificates('Whom to trust as the authority’s own server'),
  ACME_DNS_PROVIDER: certificates('Prove names by DNS: one of lego’s providers'),
  ACME_DNS_RESOLVERS: certificates('Asked whether the record is there', 'the system’s'),
  ACME_DNS_PROPAGATION_CHECK: certificates('Whether they are asked at all'),

  GITHUB_CLIENT_ID: login(
    'Login through GitHub: [the clicks](login-providers.md#github-and-github-enterprise)',
  ),
  GITHUB_CLIENT_SECRET: login('Its secret'),
  GITHUB_URL: login('Another GitHub, such as an Enterprise Server', '`https://github.com`'),
  GITHUB_API_URL: login('The API of that one', 'found below `GITHUB_URL`'),
  OIDC_ISSUER: login('Login through an OpenID Connect provider, by its issuer'),
  OIDC_CLIENT_ID: login('As the provider knows the gateway'),
  OIDC_CLIENT_SECRET: login('Its secret; without one it is a public client'),
  OIDC_NAME: login('The first part of everybody’s id: change it, and they are strangers', '`oidc`'),

  ALLOWED_GITHUB_USERS: people('Logins at GitHub, `*` for everyone there; empty is as unset'),
  ALLOWED_USERS: people('As [`users`](who-may-in.md) has it'),
  ACCESS_FACTS_LIFETIME: people(
    'Seconds after which memberships that rules need are read again at a refresh',
  ),
  ACCESS_FACTS_OUTAGE: people(
    'Seconds for which they count while the provider does not answer; then people are told to try again',
  ),

  ACCESS_TOKEN_LIFETIME: lifetime('Seconds that an access token lives'),
  REFRESH_TOKEN_LIFETIME: lifetime('Seconds that a refresh token lives, from its last use'),
  CLIENT_LIFETIME: lifetime(
    'Seconds that an approved registration lives, from its last use; 0 is for ever',
  ),
  SESSION_TIMEOUT: lifetime('Seconds without use after which an MCP session ends'),
  PERSONAL_TOKEN_LIFETIME: lifetime(
    'Seconds that a token for a script may live at most (`gateway tokens mint`)',
  ),
  SIGNING_KEY_LIFETIME: lifetime(
    'Seconds for which one key signs. The next one is published before, the last one stays until its tokens are dead',
  ),

  REGISTRATION_TOKEN: clients('Clients register only with it, as bearer token: a closed gateway'),
  REGISTRATION_REDIRECT_HOSTS: clients(
    'Where clients may be answered, also those that registered before: `app.example`, `*.example.com`, `loopback`, `scheme:cursor`, `oob`. Empty is anywhere. What was granted goes on',
  ),
  REGISTRATIONS_MAX: clients('Registrations held that nobody approved yet; each goes after a day'),
  CLIENT_ID_METADATA_DOCUMENTS: clients(
    'Clients named by the URL of a document. `auto` says so only while documents can be fetched',
  ),
  SIGNING_ALGORITHM: clients('Of tokens'),
  DEFAULT_SERVICE: clients(
    'The service meant by clients that name none; without it the person chooses',
  ),
  RATE_LIMIT_FACTOR: clients(
    'Multiplies every rate limit of the authorization server and of the edge before it; 0 switches them off',
  ),

  'MCP_<SERVICE>_ENABLED': services(
    'Switches one service on or off: `MCP_TIME_ENABLED=true`. A dash in the name is `_`',
  ),
  EGRESS_ALLOW: services(
    'Hosts and networks that `fetchs`, browsers and their like may reach beside the public internet: [the guard](services.md#the-guard)',
    'nothing',
  ),
  AUDIT_ENTRIES: services(
    'Entries that the [audit log](tools.md#the-audit-log) keeps, or a few more',
  ),
  AUDIT_ADDRESSES: services(
    'How much of the address of a request the audit log keeps: all, its network, or nothing',
  ),

  EXT_AUTHZ_PROCESSES: processes('How many processes decide at the edge'),
  OAUTH_SERVER_PROCESSES: processes('How many processes serve logins'),
  MCP_BRIDGE_PROCESSES: processes(
    'How many bridges share people and servers out. When one dies, its sessions begin anew at another',
  ),
  EXT_AUTHZ_TRANSPORT: processes('What carries gRPC: our own server, or the library'),
  REDIS_URL: processes('A Redis or Valkey that you run, never evicting', 'a Valkey of its own'),
  REDIS_PASSWORD: processes('Its password', 'of its own Valkey: derived'),
  VALKEY_APPENDFSYNC: processes(
    'Of its own Valkey: `everysec` answers sooner, and may lose the last second when the machine dies',
  ),
  GATEWAY_SECRET: processes('The root of every key', 'made at the first start'),

  ENVOY_BIN: programs('The Envoy to run', 'on the PATH, else fetched'),
  VALKEY_BIN: programs('The Valkey to run', 'on the PATH, else fetched'),
  CHROMIUM_BIN: programs('The browser that services drive', 'on the PATH'),
  LEGO_BIN: programs('The lego that gets certificates', 'on the PATH'),
  OTEL_EXPORTER_OTLP_ENDPOINT: traces(
    'A collector: switches [traces](tracing.md) on. Over HTTP `/v1/traces` is added',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces('The same for traces alone, exactly as it is'),
  OTEL_EXPORTER_OTLP_PROTOCOL: traces('How spans are sent'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: traces('The same for traces alone'),
  OTEL_EXPORTER_OTLP_HEADERS: traces('What the collector wants to see, perhaps a key'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: traces('The same for traces alone'),
  OTEL_EXPORTER_OTLP_TIMEOUT: traces('Milliseconds for one export'),
  OTEL_TRACES_EXPORTER: traces('`none` switches traces off'),
  OTEL_SDK_DISABLED: traces('The same'),
  OTEL_SERVICE_NAME: traces('One name for all rooms. Without it each is a service of its own'),
  OTEL_RESOURCE_ATTRIBUTES: traces('Said of every span'),
  OTEL_TRACES_SAMPLER: traces('Which traces are recorded'),
  OTEL_TRACES_SAMPLER_ARG: traces('The share of `traceidratio`'),
  OTEL_BSP_SCHEDULE_DELAY: traces('Milliseconds between two exports'),
  OTEL_BSP_EXPORT_TIMEOUT: traces('Milliseconds after which an export is given up'),
  OTEL_BSP_MAX_QUEUE_SIZE: traces('Spans that wait at most; more are dropped'),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: traces('Spans in one export'),
  TRACING_JOINS_CALLERS: traces(
    "A caller's own trace goes on here, and whether it was sampled counts: behind a proxy of yours",
  ),
}

/** Read by hand in the code, since they have no one type: what they take. */
export const UNTYPED: Readonly<
  Record<string, { readonly wants: string; readonly readBy: string }>
> = {
  GITHUB_CLIENT_SECRET: { wants: 'a secret', readBy: 'oauth-server' },
  OIDC_CLIENT_SECRET: { wants: 'a secret', readBy: 'oauth-server' },
  'MCP_<SERVICE>_ENABLED': { wants: 'true or false', readBy: 'all' },
  GATEWAY_SECRET: { wants: 'a secret of at least 32 characters', readBy: 'cli' },
  ENVOY_BIN: { wants: 'a path', readBy: 'cli' },
  VALKEY_BIN: { wants: 'a path', readBy: 'cli' },
  LEGO_BIN: { wants: 'a path', readBy: 'cli' },
}
