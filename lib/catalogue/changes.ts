/** What differs between two readings of the configuration. */

import { isDeepStrictEqual } from 'node:util'
import type { Gateway } from './gateway.ts'

const SECTIONS = {
  mcpServers: ({ services }: Gateway): unknown => services,
  clients: ({ clients }: Gateway): unknown => clients,
  providers: ({ providers }: Gateway): unknown => providers,
  access: ({ access }: Gateway): unknown => access,
  branding: ({ branding }: Gateway): unknown => branding,
} as const

/** As the configuration file calls it. */
export type Section = keyof typeof SECTIONS

/** Sections that mean something else now; what comes from the environment cannot change. */
export function changedSections(before: Gateway, after: Gateway): Section[] {
  return (Object.keys(SECTIONS) as Section[]).filter(
    (section) => !isDeepStrictEqual(SECTIONS[section](before), SECTIONS[section](after)),
  )
}
