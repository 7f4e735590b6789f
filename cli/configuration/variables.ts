/** Every variable that an operator may set, what it is now, and who says so. */

import { GATEWAY_VARIABLES, type Gateway } from '../../lib/catalogue/gateway.ts'
import { providerSecretNames } from '../../lib/catalogue/providers.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import type { Specification, Variable } from '../../lib/platform/environment.ts'
import { Secret } from '../../lib/platform/secret.ts'
import { BACKUP_VARIABLES } from '../backup/settings.ts'
import { START_VARIABLES } from '../start/configuration.ts'
import { roomSettings } from '../start/room-settings.ts'
import { newSecretNames } from '../supervisor/part-environment.ts'
import { isSecretName, MASK, maskText } from './mask.ts'
import { describeOrigin, type Origin, readGiven, type Surroundings } from './origin.ts'

/** The wire shape of `gateway config show --json`. */
export interface VariableRow {
  readonly name: string
  /** As text; null where there is none. Secrets are masked. */
  readonly value: string | null
  readonly source: string
  /** Why it is refused; null where it is not. */
  readonly fault: string | null
}

const ROOT_SECRET = 'GATEWAY_SECRET'

/** Of tests, and of what starts the rooms: nobody else sets them. */
const NOT_FOR_OPERATORS = new Set(['CLIENT_DOCUMENT_TEST_HOSTS', 'MCP_RUNNERS_FOLDER'])

/** Those of the specifications, by name. */
export function knownVariables(): Specification {
  const all: Specification = {
    ...GATEWAY_VARIABLES,
    ...START_VARIABLES,
    ...BACKUP_VARIABLES,
    ...roomSettings(),
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !NOT_FOR_OPERATORS.has(name)))
}

/** @param gateway undefined while the configuration is at fault: then what follows from it is left out. */
export function toVariableRows(
  surroundings: Surroundings,
  gateway: Gateway | undefined,
): VariableRow[] {
  const derived = gateway === undefined ? new Map<string, string>() : derivedValues(gateway)
  const specified = Object.entries(knownVariables()).map(([name, variable]) =>
    toRow(name, variable, surroundings, derived.get(name)),
  )
  const switches = gateway === undefined ? [] : [...gateway.definitions.keys()].map(serviceSwitch)
  const set = switches.filter((name) => (surroundings.environment[name] ?? '') !== '')
  const secrets = gateway === undefined ? [] : secretNames(gateway)
  return [
    ...specified,
    ...set.map((name) => toRow(name, undefined, surroundings, undefined)),
    ...[ROOT_SECRET, ...secrets].map((name) => toSecretRow(name, surroundings)),
  ]
}

/** What a variable is while nobody sets it, where that follows from others. */
function derivedValues({ addresses, adminPort, metricsPort }: Gateway): Map<string, string> {
  return new Map([
    ['PUBLIC_URL', addresses.issuer],
    ['GATEWAY_ADMIN_PORT', String(adminPort)],
    ['GATEWAY_METRICS_PORT', String(metricsPort)],
  ])
}

/** Variables that login providers, clients and services name. */
export function secretNames({ providers, clients, services }: Gateway): string[] {
  const ofClients = [...clients.values()].flatMap(({ secretName }) => secretName ?? [])
  const ofServices = newSecretNames(new Map(), services)
  return [...new Set([...providerSecretNames(providers), ...ofClients, ...ofServices])]
}

function toRow(
  name: string,
  variable: Variable<unknown> | undefined,
  surroundings: Surroundings,
  derived: string | undefined,
): VariableRow {
  return reading(name, surroundings, (text, origin) => {
    if (text !== undefined) {
      const parsed = variable?.parse(text)
      return { value: show(name, text, parsed), source: describeOrigin(origin) }
    }
    if (derived !== undefined) return { value: derived, source: 'derived' }
    return { value: showDefault(variable?.fallback?.value), source: 'default' }
  })
}

function toSecretRow(name: string, surroundings: Surroundings): VariableRow {
  return reading(name, surroundings, (text, origin) => {
    if (text !== undefined) return { value: MASK, source: describeOrigin(origin) }
    return { value: null, source: name === ROOT_SECRET ? 'made at the first start' : 'not set' }
  })
}

function reading(
  name: string,
  surroundings: Surroundings,
  judge: (text: string | undefined, origin: Origin) => Pick<VariableRow, 'value' | 'source'>,
): VariableRow {
  let source = 'default'
  try {
    const { text, origin } = readGiven(name, surroundings)
    source = describeOrigin(origin)
    return { name, ...judge(text, origin), fault: null }
  } catch (error) {
    const { message } = error as Error
    const isSecret = isSecretName(name)
    return { name, value: MASK, source, fault: isSecret ? 'is not what it must be' : message }
  }
}

function show(name: string, text: string, parsed: unknown): string {
  return parsed instanceof Secret || isSecretName(name) ? MASK : maskText(text)
}

function showDefault(value: unknown): string | null {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(',')
  return typeof value === 'object' ? null : String(value)
}
