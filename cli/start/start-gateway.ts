/** From a configuration to a running gateway, and to its orderly end. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Stop } from '../../lib/platform/lifecycle.ts'
import { createProcessGroups } from '../../lib/platform/process-group.ts'
import { serveFigures } from '../../lib/platform/serve-figures.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { prepareServices } from '../embedded/packages/prepare-services.ts'
import { createProgress } from '../embedded/progress.ts'
import type { Control } from '../instance/control-server.ts'
import { endLeftovers, instanceOf, MARKER_NAME } from '../instance/leftovers.ts'
import { keepFingerprint } from '../instance/secret-fingerprint.ts'
import { createJournal, type Journal } from '../log/journal.ts'
import { type LogFile, openLogFile } from '../log/log-file.ts'
import { toTerminalLine } from '../log/terminal-line.ts'
import { createSupervisorFigures } from '../supervisor/figures.ts'
import { PartFailure } from '../supervisor/keeper.ts'
import { createSupervisor, type Supervisor } from '../supervisor/supervisor.ts'
import { browserCautions } from './browser-lines.ts'
import { certificateLines, certificateStatus } from './certificate-lines.ts'
import { type Claim, claimStateDirectory } from './claim.ts'
import { readyLines } from './client-lines.ts'
import { type BegunGateway, toServed, toSources, toStatus } from './gateway-status.ts'
import { createLoggedProgress } from './logged-progress.ts'
import { makePlan } from './plan.ts'
import { publishConfiguration } from './publish-configuration.ts'
import { readSettings, type Settings } from './settings.ts'
import { watchForStop } from './stop-triggers.ts'

/** Of a start: what its steps share. */
interface Start extends BegunGateway {
  /** Aborted once the gateway is to end. */
  readonly ending: AbortController
  running: BegunGateway['running']
  outcome: Outcome
}

/** What is wanted of this process once the gateway has ended. */
export type Outcome = 'end' | 'restart'

type JudgeAnew = (ownPorts: readonly number[], signal: AbortSignal) => Promise<void>

const LEFTOVER_GRACE_MS = 1000
const START_MS_MAX = 60_000
/** The watchdog's, between SIGTERM and SIGKILL, once we were killed. */
const WATCHDOG_GRACE_SECONDS = 2

/**
 * Resolves when the gateway has ended as it was told to.
 * @param judgeAnew rejects in words where another start would be refused, once the ports are free that it is given;
 * also when its signal is aborted.
 */
export async function startGateway(context: Context, judgeAnew: JudgeAnew): Promise<Outcome> {
  const start: Start = {
    context,
    settings: readSettings(context),
    began: context.clock(),
    ending: new AbortController(),
    running: undefined,
    outcome: 'end',
  }
  const { gateway, logLevel } = start.settings
  for (const note of gateway.notes) context.output.note(note)
  const { stateDirectory } = gateway
  const control = toControl(start, judgeAnew)
  const claim = await claimStateDirectory(stateDirectory, context.environment, control)
  const unwatch = watchForStop(context.environment, (why) => end(start, why))
  let file: LogFile | undefined
  let stopFigures: Stop | undefined
  try {
    file = openLogFile(gateway.stateDirectory)
    stopFigures = await serveFigures(
      createSupervisorFigures(toSources(start)),
      join(claim.sockets, SOCKET_NAMES.supervisorFigures),
    )
    await run(start, claim, createJournal(file, context.output, logLevel))
  } catch (error) {
    // Told to end while starting: whatever broke off did so for that.
    if (!start.ending.signal.aborted) throw error
  } finally {
    unwatch()
    await stopFigures?.()
    claim.release()
    file?.close()
  }
  return start.outcome
}

/** For good, also while it ends to start anew: whoever stops it does not mean to see it again. */
function end(start: Start, why: string): void {
  start.outcome = 'end'
  start.ending.abort(why)
}

function toControl(start: Start, judgeAnew: JudgeAnew): Control {
  return {
    status: () => toStatus(start),
    stop: () => end(start, 'asked by gateway stop'),
    async restart() {
      refuseWhileEnding(start)
      // What would be refused then is refused now, while everything runs.
      try {
        await judgeAnew(start.running?.plan.ports ?? [], start.ending.signal)
      } finally {
        // At once, and whatever was judged: nobody is there to answer when all has ended.
        refuseWhileEnding(start)
      }
      start.outcome = 'restart'
      start.ending.abort('asked by gateway restart')
    },
    restartPart: async (name) => (await start.running?.supervisor.restart(name)) ?? [],
  }
}

/** A restart must not bring back what was told to end. */
function refuseWhileEnding({ ending }: Start): void {
  if (!ending.signal.aborted) return
  throw new CliError('The gateway is ending, or starting anew, already.', {
    nextStep: 'gateway status tells what becomes of it',
  })
}

async function run(start: Start, claim: Claim, journal: Journal): Promise<void> {
  const { context, settings, ending } = start
  const { clock, workingDirectory, output } = context
  const progress = createProgress(output, clock)
  const instance = instanceOf(settings.gateway.stateDirectory)
  await endLeftovers(instance, LEFTOVER_GRACE_MS)
  const { sockets } = claim
  const { signal } = ending
  const plan = await makePlan({
    ...{ context, settings, sockets, progress, signal },
    servedNow: () => toServed(start),
  })
  signal.throwIfAborted()
  const { environment } = context
  const installing = { environment, progress: createLoggedProgress(journal.write, clock) }
  const published = publishConfiguration({
    ...context,
    started: settings.gateway,
    onRecord: journal.write,
    install: (services) => prepareServices(services, { ...installing, signal }),
  })
  // The second half is new each time: our predecessor's watchdog must not take us for it.
  const marker = `${instance}.${randomBytes(6).toString('hex')}`
  const supervisor = createSupervisor(plan.parts, {
    groups: createProcessGroups({ name: MARKER_NAME, value: marker }, WATCHDOG_GRACE_SECONDS),
    clock,
    workingDirectory,
    marker,
    onRecord: journal.write,
    startMsMax: START_MS_MAX,
  })
  start.running = { supervisor, plan, published }
  signal.addEventListener('abort', () => void supervisor.stop())
  try {
    await startParts(supervisor, progress)
    keepSealing(settings)
    published.watch()
    announce(start, journal)
    if (!signal.aborted) await once(signal, 'abort')
    tellEnd(start, journal)
  } catch (error) {
    throw error instanceof PartFailure ? explain(error, journal, output.colour) : error
  } finally {
    published.stop()
    await supervisor.stop()
  }
}

/** They have opened the store with it. A store that is not ours may be exchanged for another. */
function keepSealing({ gateway, rootSecret, externalStore }: Settings): void {
  if (externalStore === undefined) keepFingerprint(rootSecret, gateway.stateDirectory)
}

async function startParts(
  supervisor: Supervisor,
  progress: ReturnType<typeof createProgress>,
): Promise<void> {
  const task = progress.begin('starting')
  try {
    await supervisor.start()
  } finally {
    task.end()
  }
}

function announce(start: Start, journal: Journal): void {
  const { context, settings, began } = start
  const { output, clock } = context
  const lines = [
    ...certificateLines(certificateStatus(settings), settings.gateway.stateDirectory),
    ...browserCautions(settings.gateway.services),
    ...readyLines(settings.gateway, clock() - began),
  ]
  output.result(toStatus(start), () => lines.slice(0, -1))
  // Programs wait for this line whatever else is printed.
  output.line(lines.at(-1) ?? '')
  journal.showAll()
}

function tellEnd({ context, ending }: Start, journal: Journal): void {
  journal.write({
    time: new Date(context.clock()).toISOString(),
    name: 'gateway',
    level: 'info',
    msg: 'stopping',
    fields: { why: String(ending.signal.reason) },
  })
}

function explain(failure: PartFailure, journal: Journal, colour: boolean): CliError {
  const last = journal.last(failure.partName).map((record) => toTerminalLine(record, colour))
  return new CliError([failure.message, ...last].join('\n'), {
    nextStep: 'gateway logs tells more; nothing was left running',
    cause: failure,
  })
}
