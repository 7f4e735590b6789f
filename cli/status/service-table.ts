/** Every service that is defined: on or off, what it is, who shares a process, and what it may reach. */

import type { Gateway } from '../../lib/catalogue/gateway.ts'
import {
  type Isolation,
  LAUNCH_KINDS,
  type ServiceDefinition,
} from '../../lib/catalogue/service-definition.ts'
import type { Pin } from '../outdated/pins.ts'

export interface ServiceRow {
  readonly name: string
  readonly on: boolean
  readonly kind: (typeof LAUNCH_KINDS)[number]
  /** Its package, its program or its host. */
  readonly what: string
  /** Null where nobody pins one. */
  readonly version: string | null
  readonly isolation: Isolation
  /**
   * `public`: addresses of the internet, by a guard; `own`: one of ours, which guards itself; `remote`: it is
   * elsewhere; `open`: what its account, or its container, may reach.
   */
  readonly network: 'public' | 'own' | 'remote' | 'open'
  readonly description: string
}

/** @param pins those of npm and PyPI; one in the service's own folder counts before the project's. */
export function toServiceRows(
  { definitions, services }: Pick<Gateway, 'definitions' | 'services'>,
  pins: readonly Pin[],
): ServiceRow[] {
  const rows = [...definitions].map(([name, definition]): ServiceRow => {
    const kind = LAUNCH_KINDS.find((one) => definition[one] !== undefined) ?? 'command'
    const what = whatIs(definition)
    return {
      name,
      on: services.has(name),
      kind,
      what,
      version: kind === 'npm' || kind === 'pypi' ? versionOf(name, kind, what, pins) : null,
      isolation: kind === 'native' ? 'shared' : (definition.isolation ?? 'session'),
      network: networkOf(definition),
      description: definition.description ?? '',
    }
  })
  return rows.toSorted((one, other) => Number(other.on) - Number(one.on))
}

function networkOf({ native, url, egress }: ServiceDefinition): ServiceRow['network'] {
  if (native !== undefined) return 'own'
  return url === undefined ? (egress ?? 'open') : 'remote'
}

function whatIs({ npm, pypi, native, command, url = '' }: ServiceDefinition): string {
  return npm ?? pypi ?? native ?? command ?? URL.parse(url)?.host ?? url
}

function versionOf(
  service: string,
  kind: Pin['kind'],
  name: string,
  pins: readonly Pin[],
): string | null {
  const alike = pins.filter((pin) => pin.kind === kind && pin.name === name)
  const own = alike.find(({ where }) => where.startsWith(`services/${service}/`))
  return (own ?? alike[0])?.version ?? null
}
