/** The runner program's side of the contract: what each bridge may have started here, and what ends with it. */

import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import {
  ABANDONED_WAITS,
  PACKET_BYTES_MAX,
  RUNNER_CONNECTIONS_MAX,
  RUNNER_HELLO_MS,
} from '../limits.ts'
import type { ChildHost, LaunchOrder } from './host.ts'
import { createLink, type Link } from './link.ts'
import { CONTRACT_VERSION, type PacketKind } from './packets.ts'
import type { Hello, SentDeadline, Welcome } from './remote-host.ts'
import { serveChild } from './serve-child.ts'

export interface RunnerServerPorts {
  /** One for each bridge: it has deadlines, and a watchdog, of its own. */
  readonly createHost: () => ChildHost
  readonly place: Welcome
  readonly clock: Clock
  readonly log: Log
}

export interface RunnerServer {
  readonly server: Server
  stopAll(waits: StopWaits): Promise<void>
}

/** Takes each packet of a connection from then on. */
type Receiver = (kind: PacketKind, content: Buffer) => void

export function createRunnerServer(ports: RunnerServerPorts): RunnerServer {
  const bridges = new Bridges(ports)
  const server = createServer((socket) => acceptConnection(socket, bridges, ports.log))
  server.maxConnections = RUNNER_CONNECTIONS_MAX
  return { server, stopAll: (waits) => bridges.stopAll(waits) }
}

function acceptConnection(socket: Socket, bridges: Bridges, log: Log): void {
  const silent = setTimeout(() => socket.destroy(), RUNNER_HELLO_MS)
  let receive: Receiver | undefined
  const link = createLink(
    socket,
    PACKET_BYTES_MAX,
    (kind, content) => {
      clearTimeout(silent)
      if (receive === undefined) receive = bridges.begin({ socket, link, kind, content })
      else receive(kind, content)
    },
    (error) => log.debug({ err: error }, 'a connection was cut'),
  )
  socket.once('close', () => clearTimeout(silent))
}

interface Beginning {
  readonly socket: Socket
  readonly link: Link
  readonly kind: PacketKind
  readonly content: Buffer
}

class Bridges {
  readonly #ports: RunnerServerPorts
  readonly #hosts = new Map<string, ChildHost>()

  constructor(ports: RunnerServerPorts) {
    this.#ports = ports
  }

  /** @throws Error when a connection cannot begin like this. */
  begin({ socket, link, kind, content }: Beginning): Receiver {
    if (kind === 'health') return answerHealth(socket, link)
    const said: unknown = JSON.parse(content.toString('utf8'))
    if (kind === 'hello') return this.#greet(said as Hello, socket, link)
    if (kind !== 'launch') throw new RangeError(`a connection cannot begin with ${kind}`)
    const { bridge, order } = said as { bridge: string; order: LaunchOrder }
    return serveChild({ host: this.#hosts.get(bridge), order, socket, link, log: this.#ports.log })
  }

  async stopAll(waits: StopWaits): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.stopAll(waits)))
  }

  #greet(hello: Hello, socket: Socket, link: Link): Receiver {
    const { createHost, place, log } = this.#ports
    const { version, bridge } = hello
    if (version !== CONTRACT_VERSION) {
      link.send('refused', `the runner speaks version ${CONTRACT_VERSION}, the bridge ${version}`)
      socket.end()
      return () => {}
    }
    const host = createHost()
    this.#hosts.set(bridge, host)
    this.#setDeadline(host, hello)
    socket.once('close', () => {
      log.info({ bridge }, 'a bridge has left')
      // Not forgotten before: whoever ends us waits for them too.
      void host.stopAll(ABANDONED_WAITS).then(() => this.#hosts.delete(bridge))
    })
    log.info({ bridge }, 'a bridge has come')
    link.sendJson('welcome', place)
    return (kind, content) => {
      if (kind !== 'deadline') return
      this.#setDeadline(host, JSON.parse(content.toString('utf8')) as SentDeadline)
    }
  }

  #setDeadline(host: ChildHost, { withinMs, until }: SentDeadline): void {
    if (withinMs === null || until === null) host.endUnlessRenewed(Number.POSITIVE_INFINITY)
    // What was said may have waited for us: the stricter of the two clocks counts.
    else host.endUnlessRenewed(Math.max(0, Math.min(withinMs, until - this.#ports.clock())))
  }
}

/** Nothing is kept of whoever asks. */
function answerHealth(socket: Socket, link: Link): Receiver {
  link.send('healthy')
  socket.end()
  return () => {}
}
