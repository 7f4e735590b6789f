/** One backup, from the gateway that is meant into a file. */

import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { ownVersion } from '../release/own-version.ts'
import { type About, toAbout } from './about.ts'
import { requireNoContainers } from './containers.ts'
import { copyStore, gather, readConfigurationFiles, type Wanted } from './contents.ts'
import { printBackup, writeBackup } from './file.ts'
import { unfinishedRestore } from './journal.ts'
import type { Lock } from './locks.ts'
import { withAnyStore } from './reach-store.ts'
import { findRootSecret, requireFitting } from './root-secret.ts'
import { requireFolder, servicesWithFiles } from './service-files.ts'
import { gatewayMeant } from './settings.ts'

export interface BackupWishes {
  /** True: of all of them. */
  readonly services: true | readonly string[]
  readonly configuration: boolean
  /** Told of a file of the configuration that is there and cannot be read; without it that is thrown. */
  readonly onUnreadable?: (fault: CliError) => void
  /** One of each night: of these the old ones go. */
  readonly isNightly?: true
}

export interface MadeBackup {
  readonly file: string
  readonly bytes: number
  readonly about: About
  readonly records: number
}

/** @param target a file, whose folder is made, 0700; or what somebody reads. @throws CliError; then there is no such file. */
export async function makeBackup(
  context: Context,
  target: string | Writable,
  lock: Lock,
  wishes: BackupWishes,
): Promise<MadeBackup> {
  const { workingDirectory, clock, output } = context
  const stateDirectory = stateDirectoryOf(context)
  await requireNoContainers(context)
  requireSettled(stateDirectory)
  const gateway = gatewayMeant(context)
  const services = await toServices(stateDirectory, wishes.services)
  const configuration: Wanted['configuration'] = wishes.configuration
    ? readConfigurationFiles(gateway.configurationPath, workingDirectory, wishes.onUnreadable)
    : new Map()
  const rootSecret = findRootSecret(context)
  if (rootSecret === undefined) throw nothingHere(stateDirectory)
  const task = createProgress(output, clock).begin('reading the store')
  const store = await withAnyStore(context, async (redis) => {
    await requireFitting(redis, rootSecret)
    return await copyStore(redis)
  }).finally(() => task.end())
  const about = toAbout({
    made_at: new Date(clock()).toISOString(),
    gateway: ownVersion(),
    issuer: gateway.addresses.issuer,
    services: [...services],
    configuration: configuration.size > 0,
    opened_by: lock.openedBy,
    ...(wishes.isNightly === true ? { nightly: true as const } : {}),
  })
  const contents = gather({ rootSecret, store, stateDirectory, services, configuration })
  const { records } = store
  if (typeof target !== 'string') {
    return { file: '-', bytes: await printBackup(target, about, contents, lock), about, records }
  }
  const file = resolve(workingDirectory, target)
  const writing = createProgress(output, clock).begin(`writing ${file}`)
  const bytes = await writeBackup(file, about, contents, lock).finally(() => writing.end())
  return { file, bytes, about, records }
}

function requireSettled(stateDirectory: string): void {
  if (unfinishedRestore(stateDirectory) === undefined) return
  throw new CliError('A restore was broken off here: what there is may belong to two gateways.', {
    nextStep: 'finish or undo it first: gateway start, or the restore again',
  })
}

async function toServices(
  stateDirectory: string,
  wanted: BackupWishes['services'],
): Promise<readonly string[]> {
  if (wanted !== true && wanted.length === 0) return []
  const there = await servicesWithFiles(stateDirectory)
  const named = wanted === true ? there : wanted
  const unknown = named.filter((name) => !there.includes(name))
  if (unknown.length === 0) {
    for (const name of named) await requireFolder(stateDirectory, name)
    return named
  }
  throw new CliError(`No service keeps files here as ${unknown.join(', ')}.`, {
    nextStep: `there are: ${there.join(', ') || 'none'}`,
  })
}

function nothingHere(stateDirectory: string): CliError {
  return new CliError(
    `No gateway has been started in ${stateDirectory}: there is nothing to back up.`,
    {
      nextStep: 'set GATEWAY_STATE_DIR to the folder of the one you mean',
    },
  )
}

/** Named after the gateway and the moment, so that the names sort by time. */
export function backupName(issuer: string, now: number): string {
  const moment = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${new URL(issuer).hostname.replaceAll(/[^a-z0-9.-]/gi, '')}-${moment}.backup`
}
