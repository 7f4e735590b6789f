/** `gateway add`: from what a person names to an entry that has been tried, and a URL for their client. */

import { dirname } from 'node:path'
import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import { type Service, toService } from '../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { findPackage } from './find-package.ts'
import { type Followed, follow, serves } from './follow.ts'
import { entryNames, withEntry } from './gateway-document.ts'
import { toPackageEntry } from './package-entry.ts'
import type { PackageLookup } from './package-lookup.ts'
import { type Reference, readReference } from './reference.ts'
import { requireName, suggestName, suggestNameOfUrl } from './server-name.ts'
import type { Trial } from './trial.ts'
import { tryService } from './try-service.ts'
import { type EntryWishes, toMembers } from './wishes.ts'
import { judge, readConfigurationFile, writeConfigurationFile } from './write-configuration.ts'

export interface AddOptions extends EntryWishes {
  readonly name?: string
  readonly bin?: string
  readonly replace?: true
  readonly try: boolean
  readonly dryRun?: true
}

export interface AddPorts {
  readonly lookup: PackageLookup
  /** Whether it is to be written, once it is known what it offers. */
  readonly confirm: (added: Prepared) => Promise<boolean>
  readonly note: (text: string) => void
}

export interface Prepared {
  readonly name: string
  readonly definition: ServiceDefinition
  /** Undefined when it was not tried. */
  readonly trial: Trial | undefined
}

export interface Added extends Prepared {
  readonly path: string
  readonly url: string
  /** Undefined when nothing was written. */
  readonly followed: Followed | undefined
}

/** @param args for the server's own program. @throws CliError, with nothing written. */
export async function addServer(
  context: Context,
  { text, args }: { readonly text: string; readonly args: readonly string[] },
  options: AddOptions,
  ports: AddPorts,
): Promise<Added> {
  const { definition, suggested } = await toDefinition(readReference(text), args, {
    context,
    options,
    lookup: ports.lookup,
  })
  const name = requireName(options.name ?? suggested)
  const file = readConfigurationFile(context)
  assertFree(name, file.text, options.replace === true)
  const changed = { ...file, text: withEntry(file.text, name, definition) }
  const gateway = judge(changed, context)
  const trial = options.try
    ? await tryIt(context, { name, definition, path: file.path }, ports)
    : undefined
  const prepared = { name, definition, trial }
  const added = { ...prepared, path: file.path, url: gateway.addresses.resourceOf(name) }
  if (options.dryRun || !(await ports.confirm(prepared))) return { ...added, followed: undefined }
  writeConfigurationFile(changed, context)
  return { ...added, followed: await follow(context, (status) => serves(status, name)) }
}

interface Making {
  readonly context: Context
  readonly options: AddOptions
  readonly lookup: PackageLookup
}

async function toDefinition(
  reference: Reference,
  args: readonly string[],
  { context, options, lookup }: Making,
): Promise<{ definition: ServiceDefinition; suggested: string }> {
  const members = toMembers(options)
  if (reference.kind === 'url') {
    const { url } = reference
    return { definition: { url, ...members }, suggested: suggestNameOfUrl(url) }
  }
  if (reference.kind === 'image') throw new CliError('not yet')
  const found = await findPackage(reference.candidates, lookup)
  const entry = toPackageEntry(found, { bin: options.bin, args }, context.environment)
  return { definition: { ...entry, ...members }, suggested: suggestName(found.name) }
}

/** A name of the catalogue is somebody's already: an entry under it would take its place. */
function assertFree(name: string, text: string, isReplacing: boolean): void {
  if (isReplacing) return
  const isOwn = entryNames(text).has(name)
  const isShipped = shippedNames().has(name)
  if (!isOwn && !isShipped) return
  const exitCode = EXIT_CODE.usage
  if (isOwn) {
    throw new CliError(`The file has a service ${name} already.`, {
      exitCode,
      nextStep: '--name for another name, or --replace',
    })
  }
  throw new CliError(`The gateway brings a service ${name} along.`, {
    exitCode,
    nextStep: `${serviceSwitch(name)}=true switches it on; --name for another name, or --replace`,
  })
}

interface Candidate {
  readonly name: string
  readonly definition: ServiceDefinition
  readonly path: string
}

async function tryIt(context: Context, candidate: Candidate, { note }: AddPorts): Promise<Trial> {
  const service = toCandidate(candidate)
  const { launch } = service
  note(
    launch.kind === 'remote'
      ? `Asking ${launch.url} …`
      : `Starting ${[launch.command, ...launch.args].join(' ')} as you, on this machine …`,
  )
  return await tryService(service, context.environment)
}

/** As the gateway would start it from here. */
export function toCandidate({ name, definition, path }: Candidate): Service {
  const reading = toService(name, definition, dirname(path))
  if ('service' in reading) return reading.service
  throw new CliError(reading.faults.join('\n'))
}
