/**
 * Starts stdio servers and hands them out: one for each session, one for each user, or one for all.
 *
 * The key of a process says who shares it. A process that is ending still holds its key, so there
 * are never two for one key: some servers lose data when two write the same file.
 */

import { startsAlike } from '../../lib/catalogue/changes.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, StopWaits } from '../../lib/platform/process-group.ts'
import { RpcFault } from '../json-rpc.ts'
import type { Lease, LeaseSubject, Leases } from '../leases.ts'
import { PROCESS_IDLE_MS, PROCESSES_MAX, STOP_WAITS } from '../limits.ts'
import { Backoff } from './backoff.ts'
import { type Child, type ChildEvents, launchChild } from './child.ts'
import type { ChildHost } from './host.ts'
import { type LaunchPlan, type Person, planLaunch } from './launch-plan.ts'
import {
  asksSecrets,
  NO_SECRETS,
  type OwnSecrets,
  type OwnSecretsPorts,
  readOwnSecrets,
  requireSecrets,
} from './own-secrets.ts'
import type { ProcessUser } from './process-user.ts'
import { SecretHolders } from './secret-holders.ts'
import { ServerProcess } from './server-process.ts'

export interface RunnerPorts {
  /** Who starts the processes of a service. */
  readonly hostOf: (service: Service) => ChildHost
  readonly leases: Leases
  /** For `${secret.NAME}`. */
  readonly environment: Environment
  readonly ownSecrets: OwnSecretsPorts
  /** As it is now. */
  readonly findService: (name: string) => Service | undefined
  readonly clock: Clock
  readonly log: Log
}

export class Runner {
  readonly #ports: RunnerPorts
  readonly #processes = new Map<string, ServerProcess>()
  readonly #idle = new Map<ServerProcess, NodeJS.Timeout>()
  readonly #backoff: Backoff
  readonly #holders: SecretHolders
  /** By service: what it was before a change. */
  readonly #ending = new Map<string, Promise<unknown>>()
  #launches = 0

  constructor(ports: RunnerPorts) {
    this.#ports = ports
    this.#backoff = new Backoff(ports.clock)
    this.#holders = new SecretHolders(ports.ownSecrets.userSecrets, ports.log)
  }

  /**
   * The process for a session, started if need be; the session is among its users from then on.
   * @throws RpcFault when it cannot be started now.
   */
  async acquire(service: Service, person: Person, user: ProcessUser): Promise<ServerProcess> {
    await this.#ports.hostOf(service).ready()
    const own = asksSecrets(service) ? await this.#readSecrets(service, person) : NO_SECRETS
    const key = this.#keyOf(service, person)
    // Whoever shares a process may be others now: the keys alone would not keep the two apart.
    await this.#ending.get(service.name)
    const lease = await this.#own(key, service, person)
    try {
      assertUnchanged(service, this.#ports)
      const process = this.#processes.get(key) ?? this.#start(key, service, person, own)
      if (lease !== undefined) endWith(lease, process)
      clearTimeout(this.#idle.get(process))
      this.#idle.delete(process)
      process.users.add(user)
      return process
    } catch (error) {
      await lease?.release()
      throw error
    }
  }

  /** The session has ended; resolves when a process that was its own has ended too. */
  async release(process: ServerProcess, user: ProcessUser): Promise<void> {
    process.leave(user)
    if (process.users.size > 0 || process.isStopping) return
    if (!process.isShared) {
      await process.stop(STOP_WAITS)
      return
    }
    const stop = (): void => {
      this.#idle.delete(process)
      void process.stop(STOP_WAITS)
    }
    clearTimeout(this.#idle.get(process))
    this.#idle.set(process, setTimeout(stop, PROCESS_IDLE_MS))
  }

  /** Ends what runs as it was before the change; what failed until then says nothing about what comes. */
  endOfService(name: string): void {
    const outdated = [...this.#processes.values()].filter(({ service }) => service.name === name)
    const ending = Promise.all(outdated.map((process) => process.stop(STOP_WAITS)))
    this.#ending.set(name, ending)
    void ending.then(() => {
      if (this.#ending.get(name) === ending) this.#ending.delete(name)
    })
    this.#backoff.forget(name)
  }

  async stopAll(waits: StopWaits): Promise<void> {
    for (const timer of this.#idle.values()) clearTimeout(timer)
    this.#holders.stop()
    await Promise.all([...this.#processes.values()].map((process) => process.stop(waits)))
  }

  /** Nothing that runs already, or that is ending, is owned anew. @throws OwnedElsewhere */
  async #own(key: string, service: Service, person: Person): Promise<Lease | undefined> {
    for (;;) {
      let held = this.#processes.get(key)
      while (held?.isStopping) {
        await held.ended
        held = this.#processes.get(key)
      }
      if (held !== undefined || service.isolation === 'session') return undefined
      const lease = await this.#ports.leases.take(toSubject(service, person))
      if (!this.#processes.has(key)) return lease
      // Somebody was quicker.
      await lease.release()
    }
  }

  async #readSecrets(service: Service, person: Person): Promise<OwnSecrets> {
    const { ownSecrets, log } = this.#ports
    const own = await readOwnSecrets(ownSecrets, service, person, log)
    this.#holders.endOutdated({ userId: person.userId, service: service.name }, own.revision)
    requireSecrets(service, own, ownSecrets.accountPage)
    return own
  }

  #keyOf(service: Service, { userId }: Person): string {
    if (service.isolation === 'shared') return service.name
    if (service.isolation === 'user') return `${service.name} ${userId}`
    this.#launches += 1
    return `${service.name} ${userId} ${this.#launches}`
  }

  #start(key: string, service: Service, person: Person, own: OwnSecrets): ServerProcess {
    const { clock, log, environment } = this.#ports
    const owner = service.isolation === 'shared' ? undefined : person
    const backoffKey = `${service.name} ${owner?.userId ?? ''}`
    this.#backoff.assertMayStart(backoffKey, service.name)
    if (this.#processes.size >= PROCESSES_MAX) {
      throw new RpcFault(503, 'refused', 'too many servers are running: try again later', {
        headers: { 'retry-after': '30' },
      })
    }
    const startedAt = clock()
    const ownLog = log.child({ service: service.name, ...(owner && { user: owner.userId }) })
    const noteEnding = (ending: Ending): void => {
      this.#backoff.ended(backoffKey, process.wasAsked, startedAt)
      if (!process.wasAsked) reportEnding(ownLog, ending)
    }
    const host = this.#ports.hostOf(service)
    const place = { environment, dataFolder: host.dataFolder(service.name) }
    const plan = (): LaunchPlan => planLaunch(service, owner, place, own.values)
    const launch = (events: ChildEvents): Child => {
      // Noted first: whoever hears of the ending may try again at once.
      const ended: ChildEvents['ended'] = (ending) => {
        noteEnding(ending)
        events.ended(ending)
      }
      return start(service, () => launchChild(host, plan(), { ...events, ended }, ownLog))
    }
    const process = new ServerProcess(service, launch, ownLog, {
      rootFolders: () => plan().rootFolders,
    })
    this.#processes.set(key, process)
    void process.ended.then(() => this.#processes.delete(key))
    if (asksSecrets(service)) {
      const place = { userId: person.userId, service: service.name }
      this.#holders.add(process, place, own.revision)
    }
    return process
  }
}

function start(service: Service, launch: () => Child): Child {
  try {
    return launch()
  } catch (cause) {
    throw new RpcFault(200, 'internal', `the service ${service.name}: could not be started`, {
      cause,
    })
  }
}

function toSubject({ name, isolation }: Service, { userId }: Person): LeaseSubject {
  return { service: name, user: isolation === 'user' ? userId : undefined }
}

/** The lease lasts as long as the process, and the process no longer than the lease. */
function endWith(lease: Lease, process: ServerProcess): void {
  void process.ended.then(() => lease.release())
  const stop = (): void => void process.stop(STOP_WAITS)
  if (lease.lost.aborted) stop()
  else lease.lost.addEventListener('abort', stop)
}

/** A request can be on its way for long: what it found at first must not be started any more. */
export function assertUnchanged(
  service: Service,
  { findService }: Pick<RunnerPorts, 'findService'>,
): void {
  const now = findService(service.name)
  if (now !== undefined && startsAlike(service, now)) return
  const message = `the service ${service.name} has just been changed: begin again`
  throw new RpcFault(503, 'refused', message, { headers: { 'retry-after': '1' } })
}

function reportEnding(log: Log, ending: Ending): void {
  log.warn(
    { exit_code: ending.exitCode, signal: ending.signal, err: ending.spawnError },
    'server process ended without being asked to',
  )
}
