/** Clients that the operator wrote down: what a definition means once defaults and services are known. */

import { PERSONAL_CLIENT_ID, REGISTERED_CLIENT_ID } from '../oauth/client-id.ts'
import { DEFAULT_SCOPE } from '../oauth/scope.ts'
import { ConfigError, type Environment, readText } from '../platform/environment.ts'
import { Secret } from '../platform/secret.ts'
import type { Services } from './catalogue.ts'
import type {
  ClientDefinition,
  ConfigurableAuthMethod,
  ConfigurableGrantType,
} from './client-definition.ts'
import { isReservedSecret } from './secret-names.ts'

/** As they are written down; the authorization server knows what a key is. */
export type ConfiguredKeys = Pick<ClientDefinition, 'jwks' | 'jwks_uri'>

export interface ConfiguredClient {
  readonly id: string
  readonly name: string | undefined
  /** The variable that holds the secret; a public client has none. */
  readonly secretName: string | undefined
  /** What its assertions are verified with (`private_key_jwt`), in the place of a secret. */
  readonly keys?: ConfiguredKeys | undefined
  readonly authMethod: ConfigurableAuthMethod
  readonly grantTypes: readonly ConfigurableGrantType[]
  readonly redirectUris: readonly string[]
  /** What it may have tokens of its own for (`client_credentials`). */
  readonly services: readonly string[]
  /** What these tokens may carry beside the base scope. */
  readonly scopes: readonly string[]
}

export type ConfiguredClients = ReadonlyMap<string, ConfiguredClient>

const CLIENT_ID = /^[A-Za-z0-9._-]{1,64}$/
const SECRET_CHARACTERS = { min: 16, max: 512 }

/** Adds what is wrong to `faults`, each with its place. */
export function toConfiguredClients(
  definitions: Readonly<Record<string, ClientDefinition>>,
  services: Services,
  faults: string[],
): ConfiguredClients {
  const entries = Object.entries(definitions).map(([id, definition]) => {
    const client = toClient(id, definition)
    const found = [
      ...idFaults(id),
      ...authenticationFaults(client),
      ...grantFaults(client),
      ...ownTokenFaults(client, services),
    ]
    faults.push(...found.map((fault) => `clients.${id}${fault}`))
    return [id, client] as const
  })
  return new Map(entries)
}

function toClient(id: string, definition: ClientDefinition): ConfiguredClient {
  const secretName = definition.client_secret?.slice('${secret.'.length, -'}'.length)
  const { jwks, jwks_uri } = definition
  const keys = jwks === undefined && jwks_uri === undefined ? undefined : { jwks, jwks_uri }
  return {
    id,
    name: definition.client_name,
    secretName,
    keys,
    authMethod: definition.token_endpoint_auth_method ?? defaultMethod(secretName, keys),
    grantTypes: [
      ...new Set(definition.grant_types ?? (['authorization_code', 'refresh_token'] as const)),
    ],
    redirectUris: [...new Set(definition.redirect_uris)],
    services: [...new Set(definition.services)],
    scopes: [...new Set(definition.scopes)].filter((scope) => scope !== DEFAULT_SCOPE),
  }
}

function defaultMethod(
  secretName: string | undefined,
  keys: ConfiguredKeys | undefined,
): ConfigurableAuthMethod {
  if (secretName !== undefined) return 'client_secret_basic'
  return keys === undefined ? 'none' : 'private_key_jwt'
}

function idFaults(id: string): string[] {
  if (!CLIENT_ID.test(id)) {
    return [': a client_id has 1 to 64 letters, digits, dots, dashes or underscores']
  }
  if (id === PERSONAL_CLIENT_ID) return [': tokens that an operator makes have this client_id']
  // One of these could become somebody else's.
  return REGISTERED_CLIENT_ID.test(id)
    ? [': a client_id of 22 such characters looks like a registered one: make it longer or shorter']
    : []
}

/** What each method proves a client by. */
const PROOFS: Readonly<Record<ConfigurableAuthMethod, string | undefined>> = {
  none: undefined,
  client_secret_post: 'a client_secret',
  client_secret_basic: 'a client_secret',
  private_key_jwt: 'jwks or jwks_uri',
}

function authenticationFaults({ secretName, keys, authMethod }: ConfiguredClient): string[] {
  const proof = PROOFS[authMethod]
  const held = [
    ...(secretName === undefined ? [] : [PROOFS.client_secret_basic]),
    ...(keys === undefined ? [] : [PROOFS.private_key_jwt]),
  ]
  const useless = held.find((one) => one !== proof)
  return [
    ...(proof === undefined || held.includes(proof)
      ? []
      : [`.token_endpoint_auth_method: ${authMethod} needs ${proof}`]),
    ...(useless === undefined
      ? []
      : [`.token_endpoint_auth_method: ${authMethod}, although there is ${useless}`]),
    ...(secretName !== undefined && isReservedSecret(secretName)
      ? [`.client_secret: ${secretName} is a key of the gateway itself`]
      : []),
  ]
}

function grantFaults({ grantTypes, redirectUris }: ConfiguredClient): string[] {
  const withCode = grantTypes.includes('authorization_code')
  const ofPeople = grantTypes.some(
    (type) => type !== 'refresh_token' && type !== 'client_credentials',
  )
  return [
    ...(withCode && redirectUris.length === 0
      ? ['.redirect_uris: authorization_code needs at least one']
      : []),
    ...(!withCode && redirectUris.length > 0
      ? ['.redirect_uris: nothing is sent there without authorization_code in grant_types']
      : []),
    ...(grantTypes.includes('refresh_token') && !ofPeople
      ? ['.grant_types: refresh_token needs authorization_code or device_code beside it']
      : []),
  ]
}

/** What a client may do for itself, which nobody is asked about. */
function ownTokenFaults(client: ConfiguredClient, served: Services): string[] {
  const { grantTypes, services, scopes, secretName, keys } = client
  if (!grantTypes.includes('client_credentials')) {
    return (['services', 'scopes'] as const)
      .filter((key) => client[key].length > 0)
      .map((key) => `.${key}: means nothing without client_credentials in grant_types`)
  }
  const unknown = services.filter((name) => !served.has(name))
  const known = new Set(services.flatMap((name) => Object.keys(served.get(name)?.scopes ?? {})))
  return [
    ...(secretName === undefined && keys === undefined
      ? ['.client_secret: client_credentials needs one, or jwks or jwks_uri']
      : []),
    ...(services.length === 0 ? ['.services: client_credentials needs at least one'] : []),
    ...unknown.map((name) => `.services: "${name}" is not served, only ${listed(served.keys())}`),
    ...scopes
      .filter((scope) => !known.has(scope))
      .map((scope) => `.scopes: "${scope}" is not one of its services, only ${listed(known)}`),
  ]
}

function listed(names: Iterable<string>): string {
  return [...names].join(', ') || 'none'
}

/**
 * The secrets of all clients by client_id.
 * @throws ConfigError with one line for each fault; none tells a secret.
 */
export function readClientSecrets(
  clients: ConfiguredClients,
  environment: Environment,
): ReadonlyMap<string, Secret> {
  const faults: string[] = []
  const secrets = new Map<string, Secret>()
  for (const { id, secretName } of clients.values()) {
    if (secretName === undefined) continue
    try {
      secrets.set(id, parseSecret(readText(secretName, environment)))
    } catch (error) {
      faults.push(`${secretName}, the secret of client ${id}, ${(error as Error).message}`)
    }
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return secrets
}

/** Some clients encode what they send with Basic and some do not: both must come to the same. */
function parseSecret(text: string | undefined): Secret {
  const { min, max } = SECRET_CHARACTERS
  if (text === undefined) throw new RangeError('is not set')
  if (text.length < min || text.length > max) {
    throw new RangeError(`must have ${min} to ${max} characters`)
  }
  if (/[^\x21-\x7e]|[%+]/.test(text)) {
    throw new RangeError('must be printable ASCII without blanks, % and +: openssl rand -hex 32')
  }
  return new Secret(text)
}
