/**
 * Who may in, by the rules, what is known of a person, and the ids that names in rules stand for.
 *
 * A rule that names a login, an organisation or a team holds only once it is bound to an id: a name can
 * change hands, and whoever has it tomorrow is not who was meant.
 */

import type { AccessRule, AccessRules, AccessSettings } from '../../lib/catalogue/access-rules.ts'
import type { Membership, Needs } from '../login/providers/provider.ts'
import type { Bindings, Claim } from '../store/bindings.ts'
import type { User } from '../store/users.ts'

export interface Standing {
  readonly isAdmitted: boolean
  /** Those they may use; none for whoever may not in at all. */
  readonly services: ReadonlySet<string>
}

export function judge(
  { gateway, services: narrowed }: AccessSettings,
  user: User,
  bindings: Bindings,
  services: readonly string[],
): Standing {
  const fulfils = (rules: AccessRules | undefined): boolean =>
    rules === undefined || rules.some((rule) => holds(rule, user, bindings))
  const isAdmitted = fulfils(gateway)
  const usable = isAdmitted ? services.filter((name) => fulfils(narrowed.get(name))) : []
  return { isAdmitted, services: new Set(usable) }
}

/** Nothing is asked of anybody: then nobody needs to be looked at. */
export function isOpen({ gateway, services }: AccessSettings): boolean {
  return gateway === undefined && services.size === 0
}

/** What has to be asked of a provider. */
export function needsOf(settings: AccessSettings, provider: string): Needs {
  const kinds = new Set(
    allRules(settings)
      .filter((rule) => !('provider' in rule) || rule.provider === provider)
      .map(({ kind }) => kind),
  )
  return {
    emails: kinds.has('email') || kinds.has('email-domain'),
    organizations: kinds.has('organization'),
    teams: kinds.has('team'),
    groups: kinds.has('group'),
  }
}

/** Whether facts are needed that are worth nothing once they are old. */
export function arePerishable({ organizations, teams, groups }: Needs): boolean {
  return organizations || teams || groups
}

/** The same person where nobody vouches any more for what perishes. */
export function withoutPerishable<Known extends User>(user: Known): Known {
  return { ...user, organizations: undefined, teams: undefined, groups: undefined }
}

/** Every name that the rules use, as it is bound. */
export function bindingsOf(settings: AccessSettings): ReadonlySet<string> {
  return new Set(allRules(settings).flatMap((rule) => bindingOf(rule) ?? []))
}

/** The rules that a person is the first to fulfil. */
export function claimsOf(settings: AccessSettings, user: User, bindings: Bindings): Claim[] {
  return allRules(settings).flatMap((rule) => {
    const binding = bindingOf(rule)
    if (binding === undefined || bindings.has(binding)) return []
    const id = idNamed(rule, user)
    return id === undefined ? [] : [{ binding, id }]
  })
}

function allRules({ gateway, services }: AccessSettings): AccessRule[] {
  return [...(gateway ?? []), ...[...services.values()].flat()]
}

/** How a rule by a name is called among the bindings; undefined for all others. */
function bindingOf(rule: AccessRule): string | undefined {
  switch (rule.kind) {
    case 'login':
      return `login:${rule.provider}:${rule.login}`
    case 'organization':
      return `organization:${rule.provider}:${rule.organization}`
    case 'team':
      return `team:${rule.provider}:${rule.team}`
    default:
      return undefined
  }
}

/** The id of what a rule names, if this person has it now. */
function idNamed(rule: AccessRule, user: User): string | undefined {
  if (!('provider' in rule) || rule.provider !== user.provider) return undefined
  switch (rule.kind) {
    case 'login':
      return isMeant(user, rule.login) ? user.id : undefined
    case 'organization':
      return findByName(user.organizations, rule.organization)?.id
    case 'team':
      return findByName(user.teams, rule.team)?.id
    default:
      return undefined
  }
}

/**
 * By login, or by an id that somebody else could call themselves later. Where ids are all there is nothing
 * needs to be bound.
 */
function isMeant({ id, provider, login }: User, meant: string): boolean {
  return login !== undefined && (login === meant || id === `${provider}:${meant}`)
}

function findByName(
  memberships: readonly Membership[] | undefined,
  name: string,
): Membership | undefined {
  return memberships?.find((membership) => membership.name === name)
}

function holds(rule: AccessRule, user: User, bindings: Bindings): boolean {
  if ('provider' in rule && rule.provider !== user.provider) return false
  const bound = bindings.get(bindingOf(rule) ?? '')
  switch (rule.kind) {
    case 'everyone':
    case 'provider':
      return true
    case 'id':
      return user.id === `${rule.provider}:${rule.id}`
    case 'login':
      return user.id === bound || user.id === `${rule.provider}:${rule.login}`
    case 'email':
      return user.emails.includes(rule.email)
    case 'email-domain':
      return user.emails.some((email) => domainOf(email) === rule.domain)
    case 'organization':
      return isMember(user.organizations, bound)
    case 'team':
      return isMember(user.teams, bound)
    case 'group':
      return user.groups?.includes(rule.group) ?? false
  }
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1)
}

function isMember(
  memberships: readonly Membership[] | undefined,
  bound: string | undefined,
): boolean {
  return memberships?.some(({ id }) => id === bound) ?? false
}
