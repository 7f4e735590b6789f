/** One access rule as an operator writes it: which text means which rule, and what is wrong with any other. */

import type { RuleLists } from './access-definition.ts'
import type { AccessRule } from './access-rules.ts'
import type { ProviderKind } from './provider-definition.ts'
import { DEV_USERNAME } from './providers.ts'

/** By the name of a provider. */
export type Kinds = ReadonlyMap<string, ProviderKind>
/** A rule, or what is wrong with its text. */
type RuleReading = AccessRule | string
type ReadRule = (text: string, kinds: Kinds) => RuleReading

/** By the member that lists such texts. */
export const RULE_READERS: ReadonlyMap<keyof RuleLists, ReadRule> = new Map([
  ['users', readUser],
  ['organizations', readOrganization],
  ['teams', readTeam],
  ['groups', readGroup],
])

const USERS =
  '"PROVIDER:LOGIN", "PROVIDER:ID", "PROVIDER:*", "name@example.com", "*@example.com" or "*"'

export function readUser(text: string, kinds: Kinds): RuleReading {
  if (text === '*') return { kind: 'everyone' }
  const reference = splitReference(text)
  if (reference === undefined) return readEmail(text.toLowerCase(), kinds) ?? mustBe(USERS, text)
  const { provider, rest } = reference
  const kind = kinds.get(provider)
  if (kind === undefined) return unknownProvider(provider, text, kinds)
  if (rest === '*') return { kind: 'provider', provider }
  if (kind === 'github') return readGitHubUser(provider, rest) ?? mustBe(GITHUB_USERS, text)
  if (kind === 'dev' ? !DEV_USERNAME.test(rest) : !isName(rest)) return mustBe(USERS, text)
  return { kind: 'login', provider, login: rest }
}

export const GITHUB_USERS = 'a GitHub login (octocat), a GitHub id (583231) or *'
const GITHUB_LOGIN = /^[a-z0-9_-]{1,100}$/

/** Digits alone are an id: a login of digits could be given to a stranger in the id's place. */
export function readGitHubUser(provider: string, text: string): AccessRule | undefined {
  if (/^[0-9]+$/.test(text)) {
    const isId = /^[1-9]/.test(text) && Number.isSafeInteger(Number(text))
    return isId ? { kind: 'id', provider, id: text } : undefined
  }
  const login = text.toLowerCase()
  return GITHUB_LOGIN.test(login) ? { kind: 'login', provider, login } : undefined
}

const LOCAL_PART = /^[^\s\p{C}@*"(),:;<>[\\\]]{1,64}$/u
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/

function readEmail(text: string, kinds: Kinds): RuleReading | undefined {
  const at = text.lastIndexOf('@')
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
  if (at < 0 || !DOMAIN.test(domain) || (local !== '*' && !LOCAL_PART.test(local))) return undefined
  if ([...kinds.values()].every((kind) => kind === 'dev')) {
    return `no provider here tells e-mail addresses: "${text}" lets nobody in`
  }
  return local === '*' ? { kind: 'email-domain', domain } : { kind: 'email', email: text }
}

function readOrganization(text: string, kinds: Kinds): RuleReading {
  const reading = referenceOf(text, 'github', kinds)
  if (typeof reading === 'string') return reading
  const organization = reading.rest.toLowerCase()
  if (!GITHUB_LOGIN.test(organization)) return mustBe('"PROVIDER:ORGANISATION"', text)
  return { kind: 'organization', provider: reading.provider, organization }
}

const TEAM = /^[a-z0-9_-]{1,100}\/[a-z0-9._-]{1,255}$/

function readTeam(text: string, kinds: Kinds): RuleReading {
  const reading = referenceOf(text, 'github', kinds)
  if (typeof reading === 'string') return reading
  const team = reading.rest.toLowerCase()
  if (!TEAM.test(team)) return mustBe('"PROVIDER:ORGANISATION/TEAM", as in its URL', text)
  return { kind: 'team', provider: reading.provider, team }
}

function readGroup(text: string, kinds: Kinds): RuleReading {
  const reading = referenceOf(text, 'oidc', kinds)
  if (typeof reading === 'string') return reading
  if (!isName(reading.rest)) return mustBe('"PROVIDER:GROUP", the whole name', text)
  return { kind: 'group', provider: reading.provider, group: reading.rest }
}

interface Reference {
  readonly provider: string
  readonly rest: string
}

function splitReference(text: string): Reference | undefined {
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { provider: text.slice(0, colon), rest: text.slice(colon + 1) }
}

function referenceOf(text: string, kind: ProviderKind, kinds: Kinds): Reference | string {
  const reference = splitReference(text)
  if (reference === undefined) return mustBe('"PROVIDER:NAME"', text)
  const found = kinds.get(reference.provider)
  if (found === undefined) return unknownProvider(reference.provider, text, kinds)
  if (found === kind) return reference
  return `only ${kind} providers tell them, and "${reference.provider}" is ${found}: "${text}"`
}

/** Nothing that is compared exactly may differ in what nobody sees; a pattern is never meant. */
function isName(text: string): boolean {
  return /^[^\p{C}*]{1,255}$/u.test(text) && text === text.trim()
}

export function mustBe(what: string, text: string): string {
  return `must be ${what}, not "${text}"`
}

function unknownProvider(provider: string, text: string, kinds: Kinds): string {
  return `there is no provider "${provider}", only ${[...kinds.keys()].join(', ') || 'none'}: "${text}"`
}
