/** The configuration as it is now: `gateway.yaml` may change while everything runs. */

import { isDeepStrictEqual } from 'node:util'
import { collectFaults, type Environment } from '../platform/environment.ts'
import type { Log } from '../platform/log.ts'
import { changedSections, changedServices, needsRestart } from './changes.ts'
import { watchConfiguration } from './configuration-watch.ts'
import { findCopies } from './copies.ts'
import { type Gateway, readGateway } from './gateway.ts'
import { beforeOthers, type Side, takeUp } from './take-up.ts'
import { markOfText, openUptake, type Uptake } from './uptake.ts'

/** May take its time; the next change waits for it. */
export type GatewayListener = (now: Gateway, before: Gateway) => Promise<void> | void

/**
 * What may change while running is `mcpServers` and `access`; everything else stays as it was at the
 * start, whatever the file says, until the gateway is started again.
 */
export interface LiveGateway {
  readonly current: Gateway
  /** Called after each change that was taken up. @returns what ends the calls. */
  onChange(listener: GatewayListener): () => void
  stop(): void
}

export interface GatewayWatching {
  /** As it was read from this environment at the start of the process. */
  readonly start: Gateway
  readonly environment: Environment
  readonly workingDirectory: string
  readonly log: Log
  readonly side?: Side
}

/** Where somebody keeps copies of the file, the accepted one is in force at once. */
export function watchGateway(watching: GatewayWatching): LiveGateway {
  const { start, environment, workingDirectory, log, side = 'room' } = watching
  const copies = findCopies(environment)
  const uptake = openUptake(copies, side)
  const read = (): Gateway => readGateway(environment, workingDirectory, copies?.accepted)
  const tellFaults = (faults: readonly string[]): void => {
    log.error({ faults }, 'the configuration is bad: what was read before stays in force')
  }
  const live = createLive(copies === undefined ? start : firstOf(start, read, tellFaults), log)
  tell(uptake, live.current, log)
  const end = watchConfiguration(
    copies?.accepted ?? start.configurationPath,
    {
      heldText: () => live.current.configurationText,
      read,
      onFaults: tellFaults,
      async onRead(reading) {
        // Whoever keeps the copies has told it already, for all processes.
        const next = takeUp(start, live.current, reading)
        if (copies === undefined) {
          for (const { msg, fields } of restartWarnings(start, next, reading)) log.warn(fields, msg)
        }
        await follow({ live, next, side, uptake, log })
      },
    },
    copies === undefined ? 'written' : 'moved',
  )
  return {
    get current() {
      return live.current
    },
    onChange: live.onChange,
    stop() {
      end()
      uptake.forget()
    },
  }
}

/** Whoever keeps the copies has accepted it: that it is bad here would be a fault of this place. */
function firstOf(
  start: Gateway,
  read: () => Gateway,
  onFaults: (faults: readonly string[]) => void,
): Gateway {
  const faults: string[] = []
  const reading = collectFaults(read, faults)
  if (reading !== undefined) return takeUp(start, start, reading)
  onFaults(faults)
  return start
}

/** One that never changes: where nobody watches the file. */
export function stillGateway(gateway: Gateway): LiveGateway {
  return { current: gateway, onChange: () => () => {}, stop: () => {} }
}

interface Live extends Pick<LiveGateway, 'current' | 'onChange'> {
  become(next: Gateway): Promise<void>
}

function createLive(first: Gateway, log: Log): Live {
  const listeners = new Set<GatewayListener>()
  let current = first
  return {
    get current() {
      return current
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async become(next) {
      const before = current
      current = next
      if (next.services === before.services && next.access === before.access) return
      for (const listener of listeners) {
        try {
          await listener(next, before)
        } catch (error) {
          log.error({ err: error }, 'a change of the configuration could not be followed')
        }
      }
    },
  }
}

interface Following {
  readonly live: Live
  readonly next: Gateway
  readonly side: Side
  readonly uptake: Uptake
  readonly log: Log
}

/** In two steps, where the other side has to do something in between. */
async function follow({ live, next, side, uptake, log }: Following): Promise<void> {
  const changes = changedServices(live.current.services, next.services)
  const first = beforeOthers(side, live.current, next)
  await live.become(first)
  tell(uptake, next, log)
  if (first !== next) {
    const waited = await uptake.awaitOthers(markOfText(next.configurationText))
    // From here the next look goes on: both sides can be where the first step has left them.
    if (waited === 'superseded') return
    if (waited === 'late') {
      log.warn('a part of the gateway has not taken up the changed configuration in time')
    }
    await live.become(next)
  }
  if (Object.values(changes).some((names) => names.length > 0)) {
    log.info({ ...changes }, 'the services have changed')
  }
}

function tell(uptake: Uptake, { configurationText }: Gateway, log: Log): void {
  try {
    uptake.tell(markOfText(configurationText))
  } catch (error) {
    // The others wait their time and go on.
    log.warn({ err: error }, 'what this part holds could not be written down')
  }
}

/** What of a reading does not count before another start, in words for the log. */
export function restartWarnings(
  start: Gateway,
  next: Gateway,
  reading: Gateway,
): { readonly msg: string; readonly fields: Readonly<Record<string, unknown>> }[] {
  const changed = changedSections(start, reading).filter(needsRestart)
  const warnings = []
  if (changed.length > 0) {
    const msg = 'the configuration has changed: restart to use all of it'
    warnings.push({ msg, fields: { changed } })
  }
  if (!isDeepStrictEqual(next.access, reading.access)) {
    const msg =
      'the access rules were written for another gateway: until a restart nobody new may in'
    warnings.push({ msg, fields: {} })
  }
  return warnings
}
