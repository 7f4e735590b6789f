/** Where secrets of imported servers go: names in `.env` that nobody else uses. */

import { GATEWAY_VARIABLES } from '../../../lib/catalogue/gateway.ts'
import { isReservedSecret } from '../../../lib/catalogue/secret-names.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { START_VARIABLES } from '../../start/configuration.ts'
import { ROOM_SETTINGS } from '../../supervisor/part-environment.ts'

const OWN = new Set([
  ...Object.keys(GATEWAY_VARIABLES),
  ...Object.keys(START_VARIABLES),
  ...Object.values(ROOM_SETTINGS).flat(),
])

export interface SecretShelf {
  /** New ones, by name. */
  readonly added: ReadonlyMap<string, string>
  /** @returns the name under which this value is kept; the same value of one place has one name. */
  put(service: string, place: string, value: string): string
}

/** @param environment what is set already: a name there with another value is somebody else's. */
export function createSecretShelf(environment: Environment): SecretShelf {
  const added = new Map<string, string>()
  const holds = (name: string): string | undefined => added.get(name) ?? environment[name]
  return {
    added,
    put(service, place, value) {
      const wanted = toSecretName(service, place)
      for (let number = 1; ; number += 1) {
        const name = number === 1 ? wanted : `${wanted}_${number}`
        const held = holds(name)
        if (held === undefined) added.set(name, value)
        if (held === undefined || held === value) return name
      }
    },
  }
}

/** E.g. `github` and `GITHUB_TOKEN` → `GITHUB_TOKEN`, `docs` and `Authorization` → `DOCS_AUTHORIZATION`. */
export function toSecretName(service: string, place: string): string {
  const [prefix, rest] = [toWord(service), toWord(place)]
  const name = rest === prefix || rest.startsWith(`${prefix}_`) ? rest : `${prefix}_${rest}`
  const isFree = /^[A-Z]/.test(name) && !isReservedSecret(name) && !OWN.has(name)
  return isFree ? name : `OWN_${name}`
}

function toWord(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
}
