/** For each service whether it is served, and who says so. */

import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { entryNames } from '../servers/gateway-document.ts'
import type { FileValue } from './file-values.ts'
import { describeOrigin, originOf, type Surroundings } from './origin.ts'

/** The wire shape of `gateway config show --json`. */
export interface SwitchRow {
  readonly name: string
  readonly on: boolean
  readonly source: string
}

export function toSwitchRows(
  gateway: Gateway,
  values: readonly FileValue[],
  surroundings: Surroundings,
): SwitchRow[] {
  const written = entryNames(gateway.configurationText)
  return [...gateway.definitions.keys()].map((name) => ({
    name,
    on: gateway.services.has(name),
    source: sourceOf(name, written.get(name), values, surroundings),
  }))
}

function sourceOf(
  name: string,
  given: string | undefined,
  values: readonly FileValue[],
  surroundings: Surroundings,
): string {
  const variable = serviceSwitch(name)
  // A variable of this kind is never read from a file.
  if ((surroundings.environment[variable] ?? '') !== '') {
    return `${variable}, ${describeOrigin(originOf(variable, surroundings))}`
  }
  const prefix = `mcpServers.${given}`
  const said = [`${prefix}.enabled`, `${prefix}.disabled`, prefix]
    .map((path) =>
      values.find(
        (one) => one.path === path || (path === prefix && one.path.startsWith(`${prefix}.`)),
      ),
    )
    .find((one) => one !== undefined)
  return given === undefined || said === undefined ? 'default' : `gateway.yaml:${said.line}`
}
