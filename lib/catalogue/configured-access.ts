/** The access rules that the operator wrote down: what each text means, and what must not be meant. */

import type { AccessDefinition, RuleLists } from './access-definition.ts'
import type { AccessRule, AccessRules, AccessSettings } from './access-rules.ts'
import type { ProviderKind } from './provider-definition.ts'
import type { ProviderSettings } from './providers.ts'
import { SERVICE_NAME, slugServiceName } from './service-name.ts'

export interface AccessSources {
  readonly definition: AccessDefinition
  /** Members of ALLOWED_USERS, written as those of `users` in the file. */
  readonly users: readonly string[]
  /** Members of ALLOWED_GITHUB_USERS. */
  readonly gitHubUsers: readonly string[]
  readonly providers: readonly ProviderSettings[]
  /** Names of all services, also of those that are switched off. */
  readonly services: ReadonlySet<string>
}

export interface AccessReading {
  readonly access: AccessSettings
  /** What a person should hear at start: rules that are wider or narrower than most mean. */
  readonly notes: readonly string[]
}

type Kinds = ReadonlyMap<string, ProviderKind>
/** A rule, or what is wrong with its text. */
type RuleReading = AccessRule | string
type ReadRule = (text: string, kinds: Kinds) => RuleReading

/** Adds what is wrong to `faults`, each with its place. */
export function toAccess(sources: AccessSources, faults: string[]): AccessReading {
  const { definition, providers } = sources
  const kinds: Kinds = new Map(providers.map(({ name, kind }) => [name, kind]))
  const { services: byService = {}, ...ofGateway } = definition
  const written = readLists('access', ofGateway, kinds, faults)
  const added = [
    ...readUsers(sources.users, kinds, faults),
    ...readGitHubUsers(sources.gitHubUsers, kinds, faults),
  ]
  const gateway = added.length > 0 ? [...(written ?? []), ...added] : written
  const services = readServices(byService, sources.services, kinds, faults)
  if (gateway === undefined) faults.push(...openFaults(providers))
  return {
    access: { gateway, services },
    notes: [
      ...notesOf('access', gateway, providers),
      ...[...services].flatMap(([name, rules]) =>
        notesOf(`access.services.${name}`, rules, providers),
      ),
    ],
  }
}

const READERS: Readonly<Record<keyof RuleLists, ReadRule>> = {
  users: readUser,
  organizations: readOrganization,
  teams: readTeam,
  groups: readGroup,
}

/** Undefined where no list is written: that is not the same as an empty one, which nobody fulfils. */
function readLists(
  place: string,
  lists: RuleLists,
  kinds: Kinds,
  faults: string[],
): AccessRules | undefined {
  const rules: AccessRule[] = []
  let isWritten = false
  for (const [member, read] of Object.entries(READERS) as [keyof RuleLists, ReadRule][]) {
    const texts = lists[member]
    if (texts === undefined) continue
    isWritten = true
    for (const [index, text] of texts.entries()) {
      const rule = read(text, kinds)
      if (typeof rule === 'string') faults.push(`${place}.${member}.${index}: ${rule}`)
      else rules.push(rule)
    }
  }
  return isWritten ? rules : undefined
}

function readServices(
  byService: Readonly<Record<string, RuleLists>>,
  known: ReadonlySet<string>,
  kinds: Kinds,
  faults: string[],
): ReadonlyMap<string, AccessRules> {
  const services = new Map<string, AccessRules>()
  for (const [given, lists] of Object.entries(byService)) {
    const place = `access.services.${given}`
    const name = SERVICE_NAME.test(given) ? given : slugServiceName(given)
    if (!known.has(name)) {
      faults.push(`${place}: there is no such service, only ${[...known].join(', ')}`)
    }
    if (services.has(name)) faults.push(`${place}: "${name}" has rules already`)
    const rules = readLists(place, lists, kinds, faults)
    if (rules === undefined) {
      faults.push(`${place}: needs users, organizations, teams or groups`)
    }
    services.set(name, rules ?? [])
  }
  return services
}

const USERS =
  '"PROVIDER:LOGIN", "PROVIDER:ID", "PROVIDER:*", "name@example.com", "*@example.com" or "*"'

function readUser(text: string, kinds: Kinds): RuleReading {
  if (text === '*') return { kind: 'everyone' }
  const reference = splitReference(text)
  if (reference === undefined) return readEmail(text.toLowerCase(), kinds) ?? mustBe(USERS, text)
  const { provider, rest } = reference
  const kind = kinds.get(provider)
  if (kind === undefined) return unknownProvider(provider, text, kinds)
  if (rest === '*') return { kind: 'provider', provider }
  if (kind === 'github') return readGitHubUser(provider, rest) ?? mustBe(GITHUB_USERS, text)
  if (kind === 'dev' ? !DEV_NAME.test(rest) : !isName(rest)) return mustBe(USERS, text)
  return { kind: 'login', provider, login: rest }
}

const GITHUB_USERS = 'a GitHub login (octocat), a GitHub id (583231) or *'
const GITHUB_LOGIN = /^[a-z0-9_-]{1,100}$/
const DEV_NAME = /^[A-Za-z0-9._-]{1,64}$/

/** Digits alone are an id: a login of digits could be given to a stranger in the id's place. */
function readGitHubUser(provider: string, text: string): AccessRule | undefined {
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

function mustBe(what: string, text: string): string {
  return `must be ${what}, not "${text}"`
}

function unknownProvider(provider: string, text: string, kinds: Kinds): string {
  return `there is no provider "${provider}", only ${[...kinds.keys()].join(', ') || 'none'}: "${text}"`
}

function readUsers(users: readonly string[], kinds: Kinds, faults: string[]): AccessRule[] {
  return users.flatMap((user): AccessRule[] => {
    const rule = readUser(user, kinds)
    if (typeof rule !== 'string') return [rule]
    faults.push(`ALLOWED_USERS: ${rule}`)
    return []
  })
}

function readGitHubUsers(users: readonly string[], kinds: Kinds, faults: string[]): AccessRule[] {
  if (users.length === 0) return []
  if (kinds.get('github') !== 'github') {
    faults.push(
      'ALLOWED_GITHUB_USERS is set, but nobody logs in through GitHub: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, or unset it',
    )
    return []
  }
  return users.flatMap((user): AccessRule[] => {
    if (user === '*') return [{ kind: 'provider', provider: 'github' }]
    const rule = readGitHubUser('github', user)
    if (rule === undefined) faults.push(`ALLOWED_GITHUB_USERS ${mustBe(GITHUB_USERS, user)}`)
    return rule === undefined ? [] : [rule]
  })
}

/** Whoever has an account at a real provider is a stranger until the operator says otherwise. */
function openFaults(providers: readonly ProviderSettings[]): string[] {
  const real = providers.filter(({ kind }) => kind !== 'dev')
  const [first] = real
  if (first === undefined) return []
  const names = real.map(({ name }) => name).join(', ')
  return [
    `access: people can log in through ${names}, but nobody is named who may in: write access: { users: ["${first.name}:LOGIN"] } into the configuration file, or set ${first.name === 'github' ? 'ALLOWED_GITHUB_USERS' : 'ALLOWED_USERS'} ("*" lets everyone in)`,
  ]
}

function notesOf(
  place: string,
  rules: AccessRules | undefined,
  providers: readonly ProviderSettings[],
): string[] {
  if (rules === undefined) return []
  if (rules.length === 0) return [`${place}: no rule is written there, so nobody may in`]
  if (rules.some(({ kind }) => kind === 'everyone')) {
    const labels = providers.map(({ label }) => label).join(' or ')
    return [`${place}: "*" lets everyone in who can log in through ${labels}`]
  }
  return rules.flatMap((rule) =>
    rule.kind === 'provider'
      ? [`${place}: "${rule.provider}:*" lets everyone in who has an account there`]
      : [],
  )
}
