/** The access rules that the operator wrote down: what each text means, and what must not be meant. */

import type { AccessDefinition, RuleLists } from './access-definition.ts'
import {
  GITHUB_USERS,
  type Kinds,
  mustBe,
  RULE_READERS,
  readGitHubUser,
  readUser,
} from './access-rule-text.ts'
import type { AccessRule, AccessRules, AccessSettings } from './access-rules.ts'
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

/** Undefined where no list is written: that is not the same as an empty one, which nobody fulfils. */
function readLists(
  place: string,
  lists: RuleLists,
  kinds: Kinds,
  faults: string[],
): AccessRules | undefined {
  const rules: AccessRule[] = []
  let isWritten = false
  for (const [member, read] of RULE_READERS) {
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
