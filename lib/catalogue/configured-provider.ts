/**
 * Login providers that the operator wrote down, in `gateway.yaml` or the environment: what a definition
 * means once defaults and addresses are known.
 */

import { type Addresses, isLoopbackHost } from './addresses.ts'
import { secretNameOf } from './definition-texts.ts'
import {
  PRINTABLE,
  PRINTABLE_EXPECTED,
  type ProviderDefinition,
  type ProviderKind,
} from './provider-definition.ts'
import { completeProviders, type ProviderVariables } from './provider-variables.ts'
import {
  DEV,
  defaultProviders,
  GITHUB_SECRET,
  type GitHubSettings,
  type OidcSettings,
  type ProviderSettings,
} from './providers.ts'
import { isReservedSecret } from './secret-names.ts'

type Definitions = Readonly<Record<string, ProviderDefinition>>
type Member = keyof ProviderDefinition

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/
/** Client credentials have the one as the first part of their `sub`, operators the other in the audit log. */
const RESERVED_NAMES: readonly string[] = ['client', 'operator']
/** These names and these kinds belong together. */
const NAMED_KINDS = ['github', 'dev'] as const

const MEMBERS: Readonly<Record<ProviderKind, readonly Member[]>> = {
  github: ['type', 'label', 'client_id', 'client_secret', 'url', 'api_url'],
  oidc: [
    ...(['type', 'label', 'client_id', 'client_secret', 'issuer'] as const),
    ...(['groups_claim', 'login_claim', 'scopes', 'trust_email'] as const),
  ],
  dev: ['type', 'label'],
}

/** Adds what is wrong to `faults`, each with its place. */
export function toProviders(
  definitions: Definitions,
  variables: ProviderVariables,
  { loopback }: Pick<Addresses, 'loopback'>,
  faults: string[],
): ProviderSettings[] {
  const completed = Object.entries(completeProviders(definitions, variables, faults))
  if (completed.length === 0) return defaultProviders({ loopback })
  return completed.map(([name, definition]) => {
    const kind = kindOf(name, definition)
    const settings = toSettings(name, kind ?? 'oidc', definition)
    const found = [
      ...nameFaults(name, kind),
      ...memberFaults(kind, definition),
      ...(kind === 'dev' && !loopback
        ? [': believes whoever asks, so it exists only while PUBLIC_URL is this machine']
        : []),
      ...(kind === undefined
        ? []
        : [...addressFaults(kind, definition), ...settingsFaults(settings)]),
    ]
    faults.push(...found.map((fault) => `providers.${name}${fault}`))
    return settings
  })
}

function kindOf(name: string, { type, issuer }: ProviderDefinition): ProviderKind | undefined {
  if (type !== undefined) return type
  return NAMED_KINDS.find((kind) => kind === name) ?? (issuer === undefined ? undefined : 'oidc')
}

function nameFaults(name: string, kind: ProviderKind | undefined): string[] {
  if (!NAME.test(name)) {
    return [': a name has 1 to 32 of a-z, 0-9 and dashes, without a dash at its ends']
  }
  if (RESERVED_NAMES.includes(name)) return [`: the name "${name}" is reserved`]
  if (kind === undefined) return [': needs an issuer, or type: github']
  const named = NAMED_KINDS.find((one) => one === name)
  if (named !== undefined && kind !== named) return [`.type: "${name}" can only be ${named}`]
  return kind === 'dev' && name !== 'dev' ? ['.type: the dev provider can only be named dev'] : []
}

function memberFaults(kind: ProviderKind | undefined, definition: ProviderDefinition): string[] {
  if (kind === undefined) return []
  return (Object.keys(definition) as Member[])
    .filter((member) => definition[member] !== undefined && !MEMBERS[kind].includes(member))
    .map((member) => `.${member}: means nothing for ${kind}`)
}

function toSettings(
  name: string,
  kind: ProviderKind,
  definition: ProviderDefinition,
): ProviderSettings {
  if (kind === 'dev') return { ...DEV, label: definition.label ?? DEV.label }
  return kind === 'github' ? toGitHub(name, definition) : toOidc(name, definition)
}

function toGitHub(name: string, definition: ProviderDefinition): GitHubSettings {
  const { label = 'GitHub', client_id: clientId = '', client_secret: reference } = definition
  const url = withoutSlash(definition.url ?? 'https://github.com')
  return {
    kind: 'github',
    name,
    label,
    issuer: url,
    url,
    apiUrl: withoutSlash(definition.api_url ?? apiUrlOf(url)),
    clientId,
    secretName: reference === undefined ? defaultSecret(name) : secretNameOf(reference),
  }
}

/** The variable is for the one provider that variables can make. */
function defaultSecret(name: string): string {
  return name === 'github' ? GITHUB_SECRET : ''
}

/** GitHub in the cloud has hosts for its API, also that of an enterprise; a server has a path. */
function apiUrlOf(url: string): string {
  const [, host] = /^https:\/\/(github\.com|[a-z0-9-]+\.ghe\.com)$/.exec(url) ?? []
  return host === undefined ? `${url}/api/v3` : `https://api.${host}`
}

function toOidc(name: string, definition: ProviderDefinition): OidcSettings {
  const { client_id: clientId = '', client_secret: reference } = definition
  return {
    kind: 'oidc',
    name,
    label: definition.label ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    issuer: definition.issuer ?? '',
    clientId,
    secretName: reference === undefined ? undefined : secretNameOf(reference),
    groupsClaim: definition.groups_claim ?? 'groups',
    loginClaim: definition.login_claim ?? 'preferred_username',
    scopes: [...new Set(definition.scopes)],
    trustsEmail: definition.trust_email ?? false,
  }
}

function settingsFaults(settings: ProviderSettings): string[] {
  if (settings.kind === 'dev') return []
  const { name, kind, clientId, secretName } = settings
  return [...clientIdFaults(name, clientId), ...secretFaults(kind, secretName)]
}

function clientIdFaults(name: string, clientId: string): string[] {
  const alternative = name === 'github' ? ', nor is GITHUB_CLIENT_ID' : ''
  if (clientId === '') return [`.client_id: is not set${alternative}`]
  return PRINTABLE.test(clientId) ? [] : [`.client_id: ${PRINTABLE_EXPECTED}, not "${clientId}"`]
}

function secretFaults(kind: ProviderKind, secretName: string | undefined): string[] {
  if (secretName === undefined || (kind === 'github' && secretName === GITHUB_SECRET)) return []
  if (secretName === '') return ['.client_secret: is not set: write ${secret.NAME}']
  return isReservedSecret(secretName)
    ? [`.client_secret: ${secretName} is a key of the gateway itself`]
    : []
}

/** Tokens and secrets travel there. */
function addressFaults(kind: ProviderKind, definition: ProviderDefinition): string[] {
  const given = (['url', 'api_url', 'issuer'] as const).flatMap((member) => {
    const value = definition[member]
    return value === undefined || !MEMBERS[kind].includes(member) || isAddress(value)
      ? []
      : [`.${member}: ${ADDRESS_EXPECTED}, not "${withoutLogin(value)}"`]
  })
  const lacksIssuer = kind === 'oidc' && definition.issuer === undefined
  return lacksIssuer ? [...given, '.issuer: is not set'] : given
}

const ADDRESS_EXPECTED =
  'must be https://HOST, or http:// on this machine, without query, fragment and login'

function isAddress(value: string): boolean {
  const url = /[\s?#@\\]/.test(value) ? null : URL.parse(value)
  if (url?.protocol === 'https:') return true
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname)
}

/** A password may stand before an @. */
function withoutLogin(value: string): string {
  return value.replace(/^.*@/s, '…@')
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
