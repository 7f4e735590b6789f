/** The four answers of a setup, and what each must look like. */

import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import { Secret } from '../../lib/platform/secret.ts'

export type ProviderAnswer =
  | {
      readonly kind: 'github'
      readonly clientId: string
      readonly clientSecret: Secret
    }
  | {
      readonly kind: 'oidc'
      readonly name: string
      readonly issuer: string
      readonly clientId: string
      readonly clientSecret: Secret
    }
  /** Those of `gateway.yaml`, which says who may in as well. */
  | { readonly kind: 'file' }
  /** The dev login of a local trial. */
  | { readonly kind: 'none' }

export const PROVIDER_CHOICES = [
  'github',
  'oidc',
  'file',
  'none',
] as const satisfies readonly ProviderAnswer['kind'][]

export interface Site {
  readonly kind: 'domain'
  readonly domain: string
  readonly email: string
}

export interface Trial {
  readonly kind: 'trial'
  /** Over https with an authority of its own, or over plain http. */
  readonly tls: boolean
}

export interface Answers {
  readonly place: Site | Trial
  readonly port: number
  readonly provider: ProviderAnswer
  /** As ALLOWED_USERS and ALLOWED_GITHUB_USERS have them. */
  readonly allowed: readonly string[]
}

/** A text as it is meant, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | { readonly fault: string }

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** The longest host before it is a service's: `sequentialthinking.` and the like fit. */
const DOMAIN_CHARACTERS_MAX = 189

/** What leads from a domain back to a local trial, where Enter keeps the domain. */
const LOCAL = 'local'

/** Empty is the local trial. */
export function readDomain(text: string): Reading<string> {
  const domain = text.trim().toLowerCase().replace(/\.$/, '')
  if (domain === '' || domain === LOCAL) return { value: '' }
  if (/[/:@]/.test(domain))
    return { fault: `write the domain alone, such as example.com, not "${text}"` }
  if (isLoopbackHost(domain))
    return { fault: 'that is this machine: leave it empty for a local trial' }
  const labels = domain.split('.')
  const isHost = labels.every((label) => LABEL.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? '')
  if (!isHost || labels.length < 2 || domain.length > DOMAIN_CHARACTERS_MAX) {
    return { fault: `must be a domain of yours, such as example.com, not "${text}"` }
  }
  if (labels[0] === 'auth') {
    return {
      fault: `leave "auth." out: auth.DOMAIN is made of it, and SERVICE.DOMAIN for each service`,
    }
  }
  return { value: domain }
}

export function readEmail(text: string): Reading<string> {
  const email = text.trim()
  if (/^[^\s@,'"\\]+@[^\s@,'"\\]+\.[^\s@,'"\\]+$/.test(email)) return { value: email }
  return { fault: `must be an e-mail address, not "${text}"` }
}

export function readIssuer(text: string): Reading<string> {
  const issuer = text.trim()
  const url = /[\s?#@\\]/.test(issuer) ? null : URL.parse(issuer)
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (isSafe) return { value: issuer }
  return { fault: 'must be https://…, as the provider calls itself (its issuer)' }
}

export function readClientId(text: string): Reading<string> {
  const id = text.trim()
  if (/^[\x21-\x7e]{1,255}$/.test(id)) return { value: id }
  return { fault: 'must be the client ID that the provider shows, without blanks' }
}

export function readClientSecret(text: string): Reading<Secret> {
  const secret = text.trim()
  if (/^[\x21-\x7e]{1,1024}$/.test(secret)) return { value: new Secret(secret) }
  return { fault: 'must be the client secret that the provider shows, without blanks' }
}

/** By comma. Whether each is a rule that means something is found out with the provider in view. */
export function readAllowed(text: string): Reading<readonly string[]> {
  const allowed = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  if (allowed.length === 0) return { fault: 'name at least one, or * for everyone' }
  return { value: allowed }
}

export function readPort(text: string): Reading<number> {
  const port = Number(text)
  if (/^[0-9]{1,5}$/.test(text.trim()) && port >= 1 && port <= 65_535) return { value: port }
  return { fault: `must be a port from 1 to 65535, not "${text}"` }
}

const KNOWN_ISSUERS: readonly [RegExp, string][] = [
  [/^accounts\.google\.com$/, 'google'],
  [/^login\.microsoftonline\.com$/, 'microsoft'],
  [/\.okta(?:preview)?\.com$/, 'okta'],
  [/\.auth0\.com$/, 'auth0'],
  [/^gitlab\./, 'gitlab'],
]

/** The first part of everybody's id: one that people recognise, and that stays. */
export function nameOfIssuer(issuer: string): string {
  const host = URL.parse(issuer)?.hostname ?? ''
  return KNOWN_ISSUERS.find(([pattern]) => pattern.test(host))?.[1] ?? 'oidc'
}
