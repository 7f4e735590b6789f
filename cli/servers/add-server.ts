/** `gateway add`: from what a person names to an entry that has been tried, and a URL for their client. */

import { dirname } from 'node:path'
import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import { type Service, toService } from '../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { findPackage } from './find-package.ts'
import { requireFitting } from './fitting-options.ts'
import { type Followed, follow, serves } from './follow.ts'
import { entryNames, withEntry } from './gateway-document.ts'
import { removeContainer, withTrialContainer, writeContainer } from './image/add-image.ts'
import { type ImageContainer, isContainerName } from './image/compose-file.ts'
import { toImageEntry, toTrialEntry } from './image/image-entry.ts'
import { inspectImage } from './image/inspect-image.ts'
import { toPackageEntry } from './package-entry.ts'
import type { PackageLookup } from './package-lookup.ts'
import { type Reference, readReference } from './reference.ts'
import { requireName, suggestName, suggestNameOfImage, suggestNameOfUrl } from './server-name.ts'
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
  /** Of an image: whether it may reach the public internet. */
  readonly internet?: true
}

export interface AddPorts {
  readonly lookup: PackageLookup
  /** Once it is known what it offers. @throws CliError unless it is to be written. */
  readonly confirm: (added: Prepared) => Promise<void>
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
  /** Whether Compose has to start a container for it. */
  readonly isContainer: boolean
  /** Whether the container of the one whose place it took is named nowhere any more. */
  readonly leavesContainer: boolean
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
  const reference = readReference(text)
  requireFitting(reference, args, options)
  const file = readConfigurationFile(context)
  const making = { context, options, ports, path: file.path }
  const draft = await toDraft(reference, args, making)
  const { name, definition } = draft
  assertFree(name, file.text, options.replace === true)
  const changed = { ...file, text: withEntry(file.text, name, definition) }
  const gateway = judge(changed, context)
  const trial = options.try ? await attempt(draft) : undefined
  const prepared = { name, definition, trial }
  const added = {
    ...prepared,
    path: file.path,
    url: gateway.addresses.resourceOf(name),
    isContainer: draft.container !== undefined,
    leavesContainer: false,
  }
  if (options.dryRun) return { ...added, followed: undefined }
  await ports.confirm(prepared)
  const leavesContainer = write(context, draft, options.replace === true)
  const followed = await follow(context, (status) => serves(status, name))
  return { ...added, leavesContainer, followed }
}

/**
 * Into the file as it is now: trying and asking took their time, and others may have written meanwhile.
 * @returns whether a container was named before, and is not any more.
 */
function write(context: Context, draft: Draft, isReplacing: boolean): boolean {
  const { name, definition, container } = draft
  const file = readConfigurationFile(context)
  assertFree(name, file.text, isReplacing)
  const changed = { ...file, text: withEntry(file.text, name, definition) }
  judge(changed, context)
  // What the entry needs comes first; where that fails, or the entry does, nothing has changed.
  const takeBack = container && writeContainer(context, name, container)
  try {
    writeConfigurationFile(changed, context)
  } catch (error) {
    takeBack?.()
    throw error
  }
  return container === undefined && removeContainer(context, name)
}

async function attempt(draft: Draft): Promise<Trial> {
  try {
    return await draft.attempt()
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause
    const { message, exitCode, nextStep = 'mend it, then try again' } = cause
    throw new CliError(message, {
      exitCode,
      nextStep: `nothing was written; ${nextStep}, or write it untried: --no-try`,
      cause,
    })
  }
}

interface Making {
  readonly context: Context
  readonly options: AddOptions
  readonly ports: AddPorts
  /** Of the configuration file. */
  readonly path: string
}

interface Draft {
  readonly name: string
  readonly definition: ServiceDefinition
  /** What Compose needs beside the entry. */
  readonly container: ImageContainer | undefined
  readonly attempt: () => Promise<Trial>
}

async function toDraft(
  reference: Reference,
  args: readonly string[],
  making: Making,
): Promise<Draft> {
  const { options, context, ports } = making
  if (reference.kind === 'image') return await toImageDraft(reference.image, args, making)
  const members = toMembers(options)
  if (reference.kind === 'url') {
    const { url } = reference
    const name = requireName(options.name ?? suggestNameOfUrl(url))
    return toPlainDraft(name, { url, ...members }, making)
  }
  const found = await findPackage(reference.candidates, ports.lookup)
  const name = requireName(options.name ?? suggestName(found.name))
  const entry = toPackageEntry(found, { bin: options.bin, args }, context.environment)
  return toPlainDraft(name, { ...entry, ...members }, making)
}

function toPlainDraft(
  name: string,
  definition: ServiceDefinition,
  { context, ports, path }: Making,
): Draft {
  return {
    name,
    definition,
    container: undefined,
    attempt: () => tryIt(context, { name, definition, path }, ports),
  }
}

async function toImageDraft(
  image: string,
  args: readonly string[],
  { context, options, ports, path }: Making,
): Promise<Draft> {
  const name = requireContainerName(options.name ?? suggestNameOfImage(image))
  const facts = await inspectImage(image, args, context.environment, ports.note)
  const members = toMembers(options)
  const internet = options.internet === true
  return {
    name,
    definition: { ...toImageEntry(name, facts), ...members },
    container: { facts, internet },
    attempt: () =>
      withTrialContainer(context, (container) => {
        const { environment } = context
        const definition = toTrialEntry(facts, members, { container, internet, environment })
        return tryIt(context, { name, definition, path }, ports)
      }),
  }
}

function requireContainerName(name: string): string {
  if (isContainerName(requireName(name), shippedNames())) return name
  throw new CliError(`Compose has a service ${name} already.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: '--name for another name',
  })
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
