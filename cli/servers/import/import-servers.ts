/** `gateway import`: a client's servers become the gateway's, tried one after the other. */

import { resolve } from 'node:path'
import type { Gateway } from '../../../lib/catalogue/gateway.ts'
import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { CliError } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { changeEnvFile } from '../../setup/env-file.ts'
import { envFilePath, readEnvFile, writeEnvFile } from '../../setup/env-file-place.ts'
import { toCandidate } from '../add-server.ts'
import { type Followed, follow, serves } from '../follow.ts'
import { entryNames, withEntry } from '../gateway-document.ts'
import type { Trial } from '../trial.ts'
import { tryService } from '../try-service.ts'
import {
  type ConfigurationFile,
  judge,
  readConfigurationFile,
  writeConfigurationFile,
} from '../write-configuration.ts'
import { readClientFile } from './client-file.ts'
import { type ImportPlan, type LeftOut, type PlannedEntry, planImport } from './plan-import.ts'

export interface ImportOptions {
  readonly replace?: true
  readonly try: boolean
  readonly dryRun?: true
  readonly isolation?: NonNullable<ServiceDefinition['isolation']>
}

export interface ImportPorts {
  /** @throws CliError unless it is to be written. */
  readonly confirm: (imported: Imported) => Promise<void>
  readonly note: (text: string) => void
}

export interface ImportedEntry extends PlannedEntry {
  readonly url: string
  /** Undefined when it was not tried. */
  readonly trial: Trial | undefined
}

export interface Imported {
  readonly path: string
  readonly envPath: string
  readonly entries: readonly ImportedEntry[]
  readonly leftOut: readonly LeftOut[]
  /** Those that did not work; they are left out too. */
  readonly failed: readonly LeftOut[]
  /** Names of what goes into `.env`. */
  readonly secrets: readonly string[]
  /** Undefined when nothing was written. */
  readonly followed: Followed | undefined
}

/** @throws CliError, with nothing written. */
export async function importServers(
  context: Context,
  clientPath: string,
  options: ImportOptions,
  ports: ImportPorts,
): Promise<Imported> {
  const file = readConfigurationFile(context)
  const plan = makePlan(context, resolve(context.workingDirectory, clientPath), file, options)
  const withSecrets = {
    ...context,
    environment: { ...context.environment, ...Object.fromEntries(plan.shelf.added) },
  }
  const { tried, failed } = await tryAll(withSecrets, plan.entries, { file, options, ports })
  const changed = { ...file, text: textWith(file.text, tried) }
  const gateway = judge(changed, withSecrets)
  const entries = tried.map((one) => ({ ...one, url: gateway.addresses.resourceOf(one.name) }))
  const secrets = usedSecrets(plan, entries)
  const imported = {
    path: file.path,
    envPath: envFilePath(context.workingDirectory),
    entries,
    leftOut: plan.leftOut,
    failed,
    secrets: [...secrets.keys()],
  }
  if (options.dryRun || entries.length === 0) return { ...imported, followed: undefined }
  await ports.confirm({ ...imported, followed: undefined })
  // The file as it is now: trying and asking took their time, and others may have written meanwhile.
  const now = readConfigurationFile(context)
  assertStillFree(entries, now, options.replace === true)
  // First: a gateway that takes the file up must find what it names.
  if (secrets.size > 0) {
    writeEnvFile(imported.envPath, changeEnvFile(readEnvFile(imported.envPath), secrets))
  }
  writeConfigurationFile({ ...now, text: textWith(now.text, entries) }, withSecrets)
  const names = entries.filter(({ definition }) => definition.enabled !== false)
  const followed = await follow(context, (status) =>
    names.every(({ name }) => serves(status, name)),
  )
  return { ...imported, followed }
}

/** @throws CliError for a name that somebody took while these were tried. */
function assertStillFree(
  entries: readonly PlannedEntry[],
  { path, text }: ConfigurationFile,
  isReplacing: boolean,
): void {
  const taken = entryNames(text)
  const lost = isReplacing ? [] : entries.filter(({ name }) => taken.has(name))
  if (lost.length === 0) return
  throw new CliError(`${path} has meanwhile got ${lost.map(({ name }) => name).join(', ')}.`, {
    nextStep: 'import again, or add --replace',
  })
}

function makePlan(
  context: Context,
  path: string,
  file: ConfigurationFile,
  { replace, isolation }: ImportOptions,
): ImportPlan {
  const gateway = judge(file, context)
  const plan = planImport(readClientFile(path), {
    path,
    environment: context.environment,
    taken: new Set(entryNames(file.text).keys()),
    isReplacing: replace === true,
    isOurs: isAddressOf(gateway),
  })
  if (isolation === undefined) return plan
  const isolated = plan.entries.map((entry) => ({
    ...entry,
    definition: { ...entry.definition, isolation },
  }))
  return { ...plan, entries: isolated }
}

/** A client that knows the gateway has its services in the same file. */
function isAddressOf({ addresses, services }: Gateway): (url: string) => boolean {
  const own = [addresses.issuer, ...[...services.keys()].map((name) => addresses.resourceOf(name))]
  const origins = new Set(own.map((url) => new URL(url).origin))
  return (url) => origins.has(URL.parse(url)?.origin ?? '')
}

interface Trying {
  readonly file: ConfigurationFile
  readonly options: ImportOptions
  readonly ports: ImportPorts
}

type Tried = Omit<ImportedEntry, 'url'>

/** One after the other: each may fetch a package, and people want to see which one takes its time. */
async function tryAll(
  context: Context,
  entries: readonly PlannedEntry[],
  { file, options, ports }: Trying,
): Promise<{ tried: Tried[]; failed: LeftOut[] }> {
  const tried: Tried[] = []
  const failed: LeftOut[] = []
  for (const entry of entries) {
    const { name, definition, given, missing } = entry
    try {
      const service = toCandidate({ name, definition, path: file.path })
      // What is off, or waits for a secret, cannot be tried and is written all the same.
      const canTry = options.try && definition.enabled !== false && missing.length === 0
      if (canTry) ports.note(`Trying ${name} …`)
      const trial = canTry ? await tryService(service, context.environment) : undefined
      tried.push({ ...entry, trial })
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      failed.push({ given, why: error.message })
    }
  }
  return { tried, failed }
}

function textWith(text: string, entries: readonly Tried[]): string {
  return entries.reduce((now, { name, definition }) => withEntry(now, name, definition), text)
}

/** Of entries that are left out nothing is kept. */
function usedSecrets(
  { shelf }: ImportPlan,
  entries: readonly Tried[],
): ReadonlyMap<string, string> {
  const texts = JSON.stringify(entries.map(({ definition }) => definition))
  return new Map([...shelf.added].filter(([name]) => texts.includes(`\${secret.${name}}`)))
}
