/** How people log in and who of them may in, in words for whoever started the gateway. */

import type { AccessRule, AccessRules } from '../../lib/catalogue/access-rules.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { ProviderSettings } from '../../lib/catalogue/providers.ts'

/** As many as fit on a line that is still read. */
const RULES_SHOWN = 6

/** As `gateway status` tells it: who logs in how, and who of them may in. */
export interface PeopleStatus {
  readonly providers: readonly { readonly name: string; readonly label: string }[]
  /** In words; null where whoever logs in may in. */
  readonly may_in: string | null
}

export function toPeopleStatus({
  providers,
  access,
}: Pick<Gateway, 'providers' | 'access'>): PeopleStatus {
  return {
    providers: providers.map(({ name, label }) => ({ name, label })),
    may_in: access.gateway === undefined ? null : describeRules(access.gateway),
  }
}

export function peopleStatusLine({ providers, may_in }: PeopleStatus): string {
  const labels = toList(
    providers.map(({ label }) => label),
    'and',
  )
  return `people: log in through ${labels || 'nothing'}; ${may_in === null ? 'any name may in' : `may in: ${may_in}`}`
}

export function peopleLines({
  addresses,
  providers,
  access,
}: Pick<Gateway, 'addresses' | 'providers' | 'access'>): string[] {
  const real = providers.filter(({ kind }) => kind !== 'dev')
  const labels = real.map(({ label }) => label)
  return [
    ...(real.length === providers.length
      ? []
      : [
          'The dev login is on: whoever reaches this machine logs in under any name. It exists only on loopback.',
        ]),
    ...(real.length === 0 ? [] : [`People log in through ${toList(labels, 'and')}.`]),
    ...real.map(
      ({ name, label }) => `    ${label} has to know ${addresses.issuer}${callbackPath(name)}`,
    ),
    ...(access.gateway === undefined ? [] : [`May in: ${describeRules(access.gateway)}.`]),
    ...[...access.services].map(([name, rules]) => `    ${name}: ${describeRules(rules)}`),
  ]
}

/** GitHub's is the one that deployments have registered there already. */
function callbackPath(name: ProviderSettings['name']): string {
  return name === 'github' ? '/callback' : `/callback/${name}`
}

function describeRules(rules: AccessRules): string {
  const texts = rules.map(describeRule)
  const [first] = texts
  if (first === undefined) return 'nobody'
  if (texts.length <= RULES_SHOWN) return toList(texts, 'or')
  return `${texts.slice(0, RULES_SHOWN).join(', ')} or ${texts.length - RULES_SHOWN} more`
}

function describeRule(rule: AccessRule): string {
  switch (rule.kind) {
    case 'everyone':
      return 'everyone'
    case 'provider':
      return `everyone at ${rule.provider}`
    case 'id':
      return `${rule.provider}:${rule.id}`
    case 'login':
      return `${rule.provider}:${rule.login}`
    case 'email':
      return rule.email
    case 'email-domain':
      return `*@${rule.domain}`
    case 'organization':
      return `members of ${rule.provider}:${rule.organization}`
    case 'team':
      return `members of ${rule.provider}:${rule.team}`
    case 'group':
      return `group ${rule.provider}:${rule.group}`
  }
}

function toList(texts: readonly string[], word: 'and' | 'or'): string {
  const last = texts.at(-1) ?? ''
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} ${word} ${last}`
}
