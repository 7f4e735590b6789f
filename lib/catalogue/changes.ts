/** What differs between two readings of the configuration. */

import { isDeepStrictEqual } from 'node:util'
import type { Services } from './catalogue.ts'
import type { Gateway } from './gateway.ts'
import type { Service } from './service.ts'

const SECTIONS = {
  mcpServers: ({ services }: Gateway): unknown => services,
  clients: ({ clients }: Gateway): unknown => clients,
  providers: ({ providers }: Gateway): unknown => providers,
  access: ({ access }: Gateway): unknown => access,
  branding: ({ branding }: Gateway): unknown => branding,
} as const

/** As the configuration file calls it. */
export type Section = keyof typeof SECTIONS

/** Taken up while everything runs; the others wait for another start. */
const LIVE: readonly Section[] = ['mcpServers', 'access']

/** Sections that mean something else now; what comes from the environment cannot change. */
export function changedSections(before: Gateway, after: Gateway): Section[] {
  return (Object.keys(SECTIONS) as Section[]).filter(
    (section) => !isDeepStrictEqual(SECTIONS[section](before), SECTIONS[section](after)),
  )
}

export function needsRestart(section: Section): boolean {
  return !LIVE.includes(section)
}

export interface ServiceChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Those whose processes would be started in another way now. */
  readonly relaunched: readonly string[]
}

export function changedServices(before: Services, after: Services): ServiceChanges {
  const names = [...before.keys()]
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: names.filter((name) => !after.has(name)),
    relaunched: names.filter((name) => {
      const [one, other] = [before.get(name), after.get(name)]
      return one !== undefined && other !== undefined && !startsAlike(one, other)
    }),
  }
}

/**
 * Whether a process of the one may go on for the other: words, scopes and rules are no part of a launch, nor is
 * what the edge alone reads (`revocation`) or an install (`requires`).
 */
export function startsAlike(one: Service, other: Service): boolean {
  if (one === other) return true
  const { description, scopes, tools, audit, sse, revocation, requires } = one
  const apart = { description, scopes, tools, audit, sse, revocation, requires }
  return isDeepStrictEqual(one, { ...other, ...apart })
}
