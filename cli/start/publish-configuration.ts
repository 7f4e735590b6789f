/**
 * Keeps the copies that the rooms read: what the file said at the start, and its newest text that is good.
 *
 * Here alone the operator's file is watched and judged, so that no room ever sees a bad one.
 */

import { mkdirSync, rmSync } from 'node:fs'
import type { Services } from '../../lib/catalogue/catalogue.ts'
import { changedSections, changedServices } from '../../lib/catalogue/changes.ts'
import { isBlank, watchConfiguration } from '../../lib/catalogue/configuration-watch.ts'
import { type Copies, copiesOf } from '../../lib/catalogue/copies.ts'
import { isRefusedByEdge } from '../../lib/catalogue/edge-refusal.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { restartWarnings } from '../../lib/catalogue/live-gateway.ts'
import { takeUp } from '../../lib/catalogue/take-up.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { LogRecord } from '../log/log-record.ts'
import { newSecretNames } from '../supervisor/part-environment.ts'
import { readConfigurationAgain } from './configuration.ts'

export interface Publishing extends Pick<Context, 'environment' | 'workingDirectory' | 'clock'> {
  readonly started: Gateway
  readonly onRecord: (record: LogRecord) => void
  /** Fetches what services need and is not there. @throws Error in words for a person. */
  readonly install?: (services: Services) => Promise<void>
}

export interface Published {
  /** What the rooms have, or are about to have. */
  readonly current: Gateway
  /** The newest text that is good in itself and not in force, and why. */
  readonly refused: Refused | undefined
  /** Looks at the file from now on. */
  watch(): void
  stop(): void
}

export interface Refused {
  readonly text: string
  readonly faults: readonly string[]
}

type Tell = (level: LogRecord['level'], msg: string, fields?: LogRecord['fields']) => void

/** Resolves nothing later: the copies are there when it returns, and rooms may start. */
export function publishConfiguration(publishing: Publishing): Published {
  const copies = copiesOf(publishing.started.stateDirectory)
  // Of whoever ran before us.
  rmSync(copies.folder, { recursive: true, force: true })
  layOutCopies(copies, publishing.started)
  return followConfiguration(publishing, copies)
}

/** `mode`: of the files, for rooms that run under another account. */
export function layOutCopies(copies: Copies, started: Gateway, mode?: number): void {
  mkdirSync(copies.folder, { recursive: true, mode: 0o700 })
  for (const path of [copies.started, copies.accepted]) writeWhole(path, toCopy(started), mode)
}

/** Where the copies lie already: keeps the accepted one up to date. */
export function followConfiguration(
  publishing: Publishing,
  copies: Copies,
  mode?: number,
): Published {
  const { started, clock, onRecord } = publishing
  const tell: Tell = (level, msg, fields = {}) =>
    onRecord({ time: new Date(clock()).toISOString(), name: 'gateway', level, msg, fields })
  let current = started
  let refused: Refused | undefined
  let isStopped = false
  let end: (() => void) | undefined
  const canBeServed = async (reading: Gateway): Promise<boolean> => {
    const faults = await faultsOf(async () => await publishing.install?.(reading.services))
    if (faults.length > 0) refused = { text: reading.configurationText, faults }
    if (faults.length > 0 && !isStopped) tell('error', NOT_INSTALLED, { faults })
    return faults.length === 0 && !isStopped
  }
  const takeUpFile = async (reading: Gateway): Promise<void> => {
    refused = undefined
    if (reading.configurationText === current.configurationText) return
    if (!(await canBeServed(reading))) return
    try {
      writeWhole(copies.accepted, toCopy(reading), mode)
    } catch (error) {
      const msg = 'the configuration has changed and cannot be handed on: save it once more'
      return tell('error', msg, { err: String(error) })
    }
    const next = takeUp(started, current, reading)
    tellChange(tell, { started, before: current, next, reading })
    current = next
  }
  return {
    get current() {
      return current
    },
    get refused() {
      if (refused !== undefined || !isRefusedByEdge(copies)) return refused
      return { text: current.configurationText, faults: [NOT_ROUTED] }
    },
    watch() {
      end ??= watchConfiguration(started.configurationPath, {
        heldText: () => current.configurationText,
        read: () => readConfigurationAgain(publishing),
        onFaults: (faults) =>
          tell('error', 'the configuration is bad: what was read before stays in force', {
            faults,
          }),
        onRead: takeUpFile,
      })
    },
    stop() {
      isStopped = true
      end?.()
    },
  }
}

const NOT_ROUTED =
  'Envoy refuses the routes that follow from it: the log of envoy-files says which file, that of envoy why'

const NOT_INSTALLED =
  'the configuration needs what cannot be installed: what was read before stays in force; save it once more to try again'

async function faultsOf(action: () => Promise<void>): Promise<readonly string[]> {
  try {
    await action()
    return []
  } catch (error) {
    if (!(error instanceof CliError)) return [String(error)]
    return [[error.message, error.nextStep].filter((part) => part !== undefined).join(' ')]
  }
}

/** Nothing at all is what an empty file could be by mistake: the copy says that it is meant. */
function toCopy({ configurationText }: Gateway): string {
  return isBlank(configurationText) ? '{}\n' : configurationText
}

interface Change {
  readonly started: Gateway
  readonly before: Gateway
  readonly next: Gateway
  readonly reading: Gateway
}

function tellChange(tell: Tell, { started, before, next, reading }: Change): void {
  const sections = changedSections(before, next)
  const services = changedServices(before.services, next.services)
  if (sections.length > 0) {
    tell('info', 'the configuration has changed', { changed: sections, ...services })
  }
  for (const note of reading.notes) if (!started.notes.includes(note)) tell('warn', note)
  for (const service of services.added) {
    tell('info', 'a service was added', { service, url: next.addresses.resourceOf(service) })
  }
  const secrets = newSecretNames(started.services, next.services)
  if (secrets.length > 0) {
    tell('warn', 'services name secrets that only another start hands out', { secrets })
  }
  for (const { msg, fields } of restartWarnings(started, next, reading)) tell('warn', msg, fields)
}
