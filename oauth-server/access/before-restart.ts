/**
 * What of changed rules counts before a restart, where the gateway that runs is not the one that they were
 * written for.
 *
 * A rule for other providers would let people in through those of now, whom nobody meant: where the
 * providers have changed too, rules only take away. A service that was taken out is served until then, to
 * whom its rules of before let use it.
 */

import { isDeepStrictEqual } from 'node:util'
import type { AccessRule, AccessRules, AccessSettings } from '../../lib/catalogue/access-rules.ts'
import { changedSections } from '../../lib/catalogue/changes.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'

/** @param held the rules in force. @param changed the configuration that was read again. */
export function rulesBeforeRestart(
  running: Gateway,
  held: AccessSettings,
  changed: Gateway,
): AccessSettings {
  const gone = [...held.services].filter(([name]) => !changed.services.has(name))
  const { gateway, services: written } = changed.access
  const services = new Map([...gone, ...written])
  if (!changedSections(running, changed).includes('providers')) return { gateway, services }
  const names = new Set([...held.services.keys(), ...services.keys()])
  return {
    gateway: fulfilBoth(held.gateway, gateway),
    services: new Map(
      [...names].map((name) => [
        name,
        fulfilBoth(held.services.get(name), services.get(name)) ?? [],
      ]),
    ),
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
