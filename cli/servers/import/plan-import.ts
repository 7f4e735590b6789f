/** What an import would do, before anything is tried or written. */

import { homedir } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { shippedNames } from '../../../lib/catalogue/catalogue.ts'
import { secretNamesIn } from '../../../lib/catalogue/secret-names.ts'
import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import {
  isReserved,
  SERVICE_NAME,
  serviceSwitch,
  slugServiceName,
} from '../../../lib/catalogue/service-name.ts'
import { type Environment, readText } from '../../../lib/platform/environment.ts'
import { addressOf, readClientEntry } from './client-entry.ts'
import type { ClientFile } from './client-file.ts'
import { hasSecretInAddress, moveSecrets } from './move-secrets.ts'
import { createSecretShelf, type SecretShelf, toSecretName } from './secret-shelf.ts'

export interface PlannedEntry {
  /** As the client calls it. */
  readonly given: string
  readonly name: string
  readonly definition: ServiceDefinition
  readonly notes: readonly string[]
  /** Secrets it names that are set nowhere yet. */
  readonly missing: readonly string[]
}

export interface LeftOut {
  readonly given: string
  readonly why: string
}

export interface ImportPlan {
  readonly entries: readonly PlannedEntry[]
  readonly leftOut: readonly LeftOut[]
  readonly shelf: SecretShelf
}

export interface ImportPlace {
  /** Of the client's file, absolute. */
  readonly path: string
  readonly environment: Environment
  /** Names in the gateway's file, as they are served. */
  readonly taken: ReadonlySet<string>
  /** Entries take the place of what has their name. */
  readonly isReplacing: boolean
  /** An address that leads to this very gateway. */
  readonly isOurs: (url: string) => boolean
}

export function planImport({ entries }: ClientFile, place: ImportPlace): ImportPlan {
  const shelf = createSecretShelf(place.environment)
  const shipped = shippedNames()
  const seen = new Map<string, string>()
  const planned: PlannedEntry[] = []
  const leftOut: LeftOut[] = []
  for (const [given, entry] of entries) {
    const name = SERVICE_NAME.test(given) ? given : slugServiceName(given)
    const why =
      ownProblem(entry, place) ??
      nameProblem(name, place, shipped) ??
      twinProblem(name, seen.get(name))
    const reading = why === undefined ? readOne(given, name, entry, place, shelf) : { why }
    if ('why' in reading) leftOut.push({ given, why: reading.why })
    else planned.push(reading)
    seen.set(name, given)
  }
  return { entries: planned, leftOut, shelf }
}

function ownProblem(
  entry: Readonly<Record<string, unknown>>,
  { isOurs }: ImportPlace,
): string | undefined {
  const url = addressOf(entry)
  return url !== undefined && isOurs(url) ? 'it is a service of this gateway' : undefined
}

function nameProblem(
  name: string,
  { taken, isReplacing }: ImportPlace,
  shipped: ReadonlySet<string>,
): string | undefined {
  if (!SERVICE_NAME.test(name)) return 'no service name can be made of its name'
  if (isReserved(name)) return `the name ${name} is reserved`
  if (isReplacing) return undefined
  if (taken.has(name))
    return `there is a service ${name} already: --replace puts this one in its place`
  if (!shipped.has(name)) return undefined
  return `the gateway brings ${name} along (${serviceSwitch(name)}=true switches it on): --replace takes this one instead`
}

function twinProblem(name: string, twin: string | undefined): string | undefined {
  return twin === undefined ? undefined : `it would be served as ${name}, as ${twin} is`
}

function readOne(
  given: string,
  name: string,
  entry: Readonly<Record<string, unknown>>,
  { path, environment }: ImportPlace,
  shelf: SecretShelf,
): PlannedEntry | { why: string } {
  const reading = readClientEntry(entry, {
    home: homedir(),
    project: projectOf(path),
    nameOfInput: (id) => toSecretName(name, id),
    lookUp: (variable) => readText(variable, environment),
  })
  if ('problem' in reading) return { why: reading.problem }
  const before = shelf.added.size
  const definition = moveSecrets(reading.definition, (at, value) => shelf.put(name, at, value))
  const moved = [...shelf.added.keys()].slice(before)
  const notes = [
    ...(given === name ? [] : [`it is served as ${name}`]),
    ...(moved.length === 0 ? [] : [`its secrets go into .env: ${moved.join(', ')}`]),
    ...(hasSecretInAddress(definition)
      ? [
          'its address carries a secret, which stays in the file: use a header if that server takes one',
        ]
      : []),
    ...(definition.enabled === false ? ['it is off, as it was there'] : []),
    ...reading.notes,
  ]
  const isSet = (secret: string): boolean =>
    shelf.added.has(secret) || readText(secret, environment) !== undefined
  const missing = [...new Set(referencesIn(definition))].filter((secret) => !isSet(secret))
  return { given, name, definition, notes, missing }
}

function referencesIn({ args = [], env = {}, headers = {} }: ServiceDefinition): string[] {
  return secretNamesIn([...args, ...Object.values(env), ...Object.values(headers)])
}

/** Clients keep the file of a project in a folder of their own. */
function projectOf(path: string): string {
  const folder = dirname(resolve(path))
  return /^\.(?:vscode|cursor|zed|roo|kiro)$/.test(basename(folder)) ? dirname(folder) : folder
}
