/**
 * What of changed rules counts before a restart, where the gateway that runs is not the one that they were
 * written for.
 *
 * A rule for other providers would let people in through those of now, whom nobody meant: where the
 * providers have changed too, rules only take away, and a service that was not there is nobody's.
 */

import { isDeepStrictEqual } from 'node:util'
import type { AccessRule, AccessRules, AccessSettings } from './access-rules.ts'
import { changedSections } from './changes.ts'
import type { Gateway } from './gateway.ts'

/** @param started its providers are those that run. @param held in force. @param changed read again. */
export function rulesBeforeRestart(
  started: Gateway,
  held: Gateway,
  changed: Gateway,
): AccessSettings {
  const { gateway, services } = changed.access
  if (!changedSections(started, changed).includes('providers')) return { gateway, services }
  const rules = held.access
  const added = [...changed.services.keys()].filter((name) => !held.services.has(name))
  const names = new Set([...rules.services.keys(), ...services.keys()])
  return {
    gateway: fulfilBoth(rules.gateway, gateway),
    services: new Map([
      ...[...names].map((name): [string, AccessRules] => [
        name,
        fulfilBoth(rules.services.get(name), services.get(name)) ?? [],
      ]),
      ...added.map((name): [string, AccessRules] => [name, []]),
    ]),
  }
}

/** Whoever fulfils these fulfils one of each list. Undefined is no list, which everybody fulfils. */
function fulfilBoth(
  held: AccessRules | undefined,
  changed: AccessRules | undefined,
): AccessRules | undefined {
  if (held === undefined || changed === undefined) return held ?? changed
  const narrower = [
    ...changed.filter((rule) => isWithin(rule, held)),
    ...held.filter((rule) => isWithin(rule, changed)),
  ]
  return narrower.filter(
    (rule, index) => narrower.findIndex((one) => isDeepStrictEqual(one, rule)) === index,
  )
}

/** Whether fulfilling the rule is fulfilling the list, whoever it is. */
function isWithin(rule: AccessRule, rules: AccessRules): boolean {
  return rules.some(
    (wider) =>
      wider.kind === 'everyone' ||
      isDeepStrictEqual(wider, rule) ||
      (wider.kind === 'provider' && 'provider' in rule && wider.provider === rule.provider),
  )
}
