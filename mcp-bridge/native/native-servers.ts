/**
 * Our own servers that speak Streamable HTTP: one process each, on a unix socket, started on first
 * use and again after an ending, by whoever hosts the service: the bridge itself, or a runner program.
 *
 * Each launch has a secret of its own; a server refuses whoever does not bring it. So a program of
 * the same account that finds the socket reaches nothing.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../../lib/catalogue/service.ts'
import { request as httpRequest } from '../../lib/platform/node-http.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { assertSocketPath } from '../../lib/platform/unix-socket.ts'
import { RpcFault } from '../json-rpc.ts'
import { NATIVE_ALIVE_MS, NATIVE_START_TIMEOUT_MS, PLACE_WAIT_MS, STOP_WAITS } from '../limits.ts'
import { Backoff } from '../runner/backoff.ts'
import { waitForEnd } from '../runner/ending-wait.ts'
import { showBeginning } from '../runner/hide-secrets.ts'
import type { ChildHost, HostedChild, HostedEvents } from '../runner/host.ts'
import { planLaunch } from '../runner/launch-plan.ts'
import { toNotBegun } from '../runner/never-begun.ts'
import type { RunnerPorts } from '../runner/runner.ts'
import { assertUnchanged } from '../runner/starts.ts'
import { createSparing } from '../sparing.ts'

export type NativePorts = Pick<
  RunnerPorts,
  'hostOf' | 'findService' | 'environment' | 'clock' | 'log'
>

export interface NativeServer {
  readonly socketPath: string
  readonly secret: string
}

interface Running extends NativeServer {
  readonly child: HostedChild
  readonly ready: Promise<void>
  /** It has ended, or is about to because we want that: the next one waits until nothing is left of it. */
  isLeaving: boolean
  /** Whether it was us who wanted it to end. */
  wasAsked: boolean
  /** Whether somebody looks if it answers at all. */
  isSuspected: boolean
}

const UNTOUCHED = { isLeaving: false, wasAsked: false, isSuspected: false }
const POLL_MS = 20
const SHOWN_BYTES = 300

export class NativeServers {
  readonly #ports: NativePorts
  readonly #bridgeSocket: string
  readonly #running = new Map<string, Running>()
  readonly #backoff: Backoff

  /** Bridges may share a host: what is named by their own socket is not another's. */
  constructor(ports: NativePorts, bridgeSocket: string) {
    this.#ports = ports
    this.#bridgeSocket = bridgeSocket
    this.#backoff = new Backoff(ports.clock)
  }

  /**
   * The service's server, accepting connections.
   * @throws RpcFault when it cannot be started now.
   */
  async ensure(service: Service): Promise<NativeServer> {
    const host = this.#ports.hostOf(service)
    await host.ready()
    let held = this.#running.get(service.name)
    while (held?.isLeaving) {
      await waitForEnd(service.name, held.child.gone, PLACE_WAIT_MS)
      held = this.#running.get(service.name)
    }
    assertUnchanged(service, this.#ports)
    const running = held ?? this.#start(service, host)
    await running.ready
    return running
  }

  /** Only if it runs: to tell it of an ending nobody needs a server for. */
  running(service: string): NativeServer | undefined {
    const held = this.#running.get(service)
    return held?.isLeaving ? undefined : held
  }

  /**
   * It was silent for as long as a call may be. One that answers other questions is only slow with this one; one
   * that answers nothing at all is ended, and whoever comes next starts another.
   */
  suspect({ name }: Service, server: NativeServer): void {
    const running = this.#running.get(name)
    if (running !== server || running.isLeaving || running.isSuspected) return
    running.isSuspected = true
    void answers(running).then((isAlive) => {
      running.isSuspected = false
      if (isAlive || running.isLeaving) return
      this.#ports.log.warn({ service: name }, 'native server answers nothing any more: it is ended')
      void end(running, STOP_WAITS)
    })
  }

  /** Ends the one that runs as it was before the change. */
  endOfService(name: string): void {
    const running = this.#running.get(name)
    if (running !== undefined) void end(running, STOP_WAITS)
    this.#backoff.forget(name)
  }

  async stopAll(waits: StopWaits): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => end(running, waits)))
  }

  #start(service: Service, host: ChildHost): Running {
    const { clock } = this.#ports
    this.#backoff.assertMayStart(service.name, service.name)
    const startedAt = clock()
    const running = this.#launch(service, host)
    this.#running.set(service.name, running)
    void running.child.ended.then((ending) => {
      running.isLeaving = true
      if (ending.isTemporary !== true) {
        this.#backoff.ended(service.name, running.wasAsked, startedAt)
      }
      if (running.wasAsked) return
      const { exitCode, signal, spawnError, stderr } = ending
      const facts = { exit_code: exitCode, signal, err: spawnError, stderr, service: service.name }
      this.#ports.log.warn(facts, 'native server ended without being asked to')
    })
    void running.child.gone.then(() => this.#running.delete(service.name))
    return running
  }

  #launch(service: Service, host: ChildHost): Running {
    // The name in full could be too long for a socket's path.
    const name = digest(`${this.#bridgeSocket} ${service.name}`).slice(0, 8)
    const secret = randomText()
    try {
      const { here, there } = host.socketPaths(name)
      for (const path of [here, there]) assertSocketPath(path)
      const place = {
        environment: this.#ports.environment,
        dataFolder: host.dataFolder(service.name),
      }
      const plan = planLaunch(service, undefined, place, new Map())
      const env = { ...plan.env, MCP_NATIVE_SOCKET: there, MCP_NATIVE_SECRET: secret }
      // Each bridge has its own.
      const secrets = [...(plan.secrets ?? []), secret]
      const order = { ...plan, env, isLent: false, secrets }
      const child = host.launch(order, this.#events(service, secrets))
      const ready = waitUntilReady(service, here, child)
      // Whoever waits hears of it; without anybody it is no unforeseen rejection.
      ready.catch(() => {})
      return { socketPath: here, secret, child, ready, ...UNTOUCHED }
    } catch (cause) {
      throw notStarted(service, cause)
    }
  }

  /** What it says it says over HTTP: its stdout is as good as stderr. */
  #events(service: Service, secrets: readonly string[]): HostedEvents {
    const log = this.#ports.log.child({ service: service.name })
    const sparing = createSparing()
    return {
      frame: (line) =>
        sparing((count) => {
          const text = showBeginning(line, SHOWN_BYTES, secrets)
          log.debug({ line: text, count }, 'native server printed')
        }),
      oversized: () => {},
    }
  }
}

async function end(running: Running, waits: StopWaits): Promise<void> {
  running.isLeaving = true
  running.wasAsked = true
  await stop(running.child, waits)
}

/** It does not read its input, whose end would tell it nothing. */
async function stop(child: HostedChild, waits: StopWaits): Promise<void> {
  await child.stop({ ...waits, inputEndMs: 0 })
}

async function waitUntilReady(
  service: Service,
  socketPath: string,
  child: HostedChild,
): Promise<void> {
  let isOver = false
  void child.ended.then(() => {
    isOver = true
  })
  const attempts = NATIVE_START_TIMEOUT_MS / POLL_MS
  for (let attempt = 0; attempt < attempts && !isOver; attempt += 1) {
    if (await accepts(socketPath)) return
    await sleep(POLL_MS)
  }
  void stop(child, STOP_WAITS)
  if (isOver && (await child.ended).isTemporary === true) throw toNotBegun(service)
  throw notStarted(service, new Error('its socket does not accept'))
}

async function accepts(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(socketPath)
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  const answer = await promise
  socket.destroy()
  return answer
}

/** Asked without its secret, so that it has to refuse and nothing else: by itself, at once. */
async function answers({ socketPath }: NativeServer): Promise<boolean> {
  const question = httpRequest({
    socketPath,
    path: '/',
    headers: { host: 'localhost' },
    signal: AbortSignal.timeout(NATIVE_ALIVE_MS),
  })
  question.end()
  try {
    await once(question, 'response')
    return true
  } catch {
    return false
  } finally {
    question.destroy()
  }
}

function notStarted(service: Service, cause: unknown): RpcFault {
  const message = `the service ${service.name}: could not be started`
  return new RpcFault(200, 'internal', message, { cause })
}
