/**
 * Our own servers that speak Streamable HTTP: one process each, on a unix socket, started on first
 * use and again after an ending.
 *
 * Each launch has a secret of its own; a server refuses whoever does not bring it. So a program of
 * the same account that finds the socket reaches nothing.
 */

import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../../lib/catalogue/service.ts'
import type { GroupedProcess, StopWaits } from '../../lib/platform/process-group.ts'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { assertSocketPath } from '../../lib/platform/unix-socket.ts'
import { RpcFault } from '../json-rpc.ts'
import { NATIVE_START_TIMEOUT_MS, STOP_WAITS } from '../limits.ts'
import { Backoff } from '../runner/backoff.ts'
import { planLaunch } from '../runner/launch-plan.ts'
import type { LocalHostOptions } from '../runner/local-host.ts'
import type { RunnerPorts } from '../runner/runner.ts'
import { assertUnchanged } from '../runner/starts.ts'
import { drainStderr } from '../runner/stderr.ts'
import { dataFolderOf, environmentOf, makeFolders } from '../runner/surroundings.ts'
import { CHILD_MARKER } from '../runner/sweep.ts'

/** They run beside the bridge, whatever hosts the others. */
export interface NativePorts
  extends LocalHostOptions,
    Pick<RunnerPorts, 'findService' | 'environment'> {}

export interface NativeServer {
  readonly socketPath: string
  readonly secret: string
}

interface Running extends NativeServer {
  readonly grouped: GroupedProcess
  readonly ready: Promise<void>
  /** Whether it was us who wanted it to end. */
  isStopping: boolean
}

const POLL_MS = 20

export class NativeServers {
  readonly #ports: NativePorts
  readonly #bridgeSocket: string
  readonly #folder: string
  readonly #running = new Map<string, Running>()
  readonly #backoff: Backoff

  /** Bridges whose sockets share a folder have their servers' in one as well. */
  constructor(ports: NativePorts, bridgeSocket: string) {
    this.#ports = ports
    this.#bridgeSocket = bridgeSocket
    this.#folder = join(dirname(bridgeSocket), 'n')
    this.#backoff = new Backoff(ports.clock)
  }

  /**
   * The service's server, accepting connections.
   * @throws RpcFault when it cannot be started now.
   */
  async ensure(service: Service): Promise<NativeServer> {
    let held = this.#running.get(service.name)
    while (held?.isStopping) {
      await held.grouped.ended
      held = this.#running.get(service.name)
    }
    assertUnchanged(service, this.#ports)
    const running = held ?? this.#start(service)
    await running.ready
    return running
  }

  /** Only if it runs: to tell it of an ending nobody needs a server for. */
  running(service: string): NativeServer | undefined {
    return this.#running.get(service)
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

  #start(service: Service): Running {
    const { clock, log, sweep } = this.#ports
    this.#backoff.assertMayStart(service.name, service.name)
    const startedAt = clock()
    const marker = randomText(12)
    const running = this.#launch(service, marker)
    this.#running.set(service.name, running)
    void running.grouped.ended.then(async ({ exitCode, signal, spawnError }) => {
      this.#running.delete(service.name)
      this.#backoff.ended(service.name, running.isStopping, startedAt)
      if (!running.isStopping) {
        const facts = { exit_code: exitCode, signal, err: spawnError, service: service.name }
        log.warn(facts, 'native server ended without being asked to')
      }
      await sweep.after(marker)
    })
    return running
  }

  #launch(service: Service, marker: string): Running {
    const { groups, surroundings, environment, clock, log } = this.#ports
    // The name in full could be too long for a socket's path.
    const name = digest(`${this.#bridgeSocket} ${service.name}`).slice(0, 8)
    const socketPath = join(this.#folder, `${name}.sock`)
    const secret = randomText()
    try {
      assertSocketPath(socketPath)
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      const place = { environment, dataFolder: dataFolderOf(surroundings, service.name) }
      const plan = planLaunch(service, undefined, place, new Map())
      makeFolders(plan)
      const grouped = groups.launch({
        command: plan.command,
        args: plan.args,
        cwd: plan.cwd,
        env: {
          ...environmentOf(plan, surroundings),
          [CHILD_MARKER]: marker,
          MCP_NATIVE_SOCKET: socketPath,
          MCP_NATIVE_SECRET: secret,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const { stdout, stderr } = grouped.child
      const ownLog = log.child({ service: service.name })
      for (const stream of [stdout, stderr]) if (stream) drainStderr(stream, ownLog, clock)
      const ready = waitUntilReady(service, socketPath, grouped)
      // Whoever waits hears of it; without anybody it is no unforeseen rejection.
      ready.catch(() => {})
      return { socketPath, secret, grouped, ready, isStopping: false }
    } catch (cause) {
      throw notStarted(service, cause)
    }
  }
}

async function end(running: Running, waits: StopWaits): Promise<void> {
  running.isStopping = true
  await running.grouped.stop(waits)
}

async function waitUntilReady(
  service: Service,
  socketPath: string,
  grouped: GroupedProcess,
): Promise<void> {
  let isOver = false
  void grouped.ended.then(() => {
    isOver = true
  })
  const attempts = NATIVE_START_TIMEOUT_MS / POLL_MS
  for (let attempt = 0; attempt < attempts && !isOver; attempt += 1) {
    if (await accepts(socketPath)) return
    await sleep(POLL_MS)
  }
  void grouped.stop(STOP_WAITS)
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

function notStarted(service: Service, cause: unknown): RpcFault {
  const message = `the service ${service.name}: could not be started`
  return new RpcFault(200, 'internal', message, { cause })
}
