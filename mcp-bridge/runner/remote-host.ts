/** A host of children in a runner program beside the service, reached over its unix socket. */

import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { RpcFault } from '../json-rpc.ts'
import { PACKET_BYTES_BESIDE, RUNNER_HELLO_MS } from '../limits.ts'
import type { ChildHost, HostedChild, HostedEvents, LaunchOrder, SocketPaths } from './host.ts'
import { createLink, type Link } from './link.ts'
import { nativeSocketFile } from './native-sockets.ts'
import { CONTRACT_VERSION } from './packets.ts'
import { RemoteChild } from './remote-child.ts'

export interface RemoteHostPorts {
  readonly clock: Clock
  readonly log: Log
}

/** How a deadline travels: counted from when it was said, by the clock that both sides have. */
export interface SentDeadline {
  /** Null: as long as we live. */
  readonly withinMs: number | null
  readonly until: number | null
}

export interface Hello extends SentDeadline {
  readonly version: number
  /** New with each life of the bridge. */
  readonly bridge: string
}

export interface Welcome {
  /** In it a folder for what each service stores. */
  readonly servicesFolder: string
  /** Of the runner's own socket, as it knows it: the bridge may reach the same folder by another path. */
  readonly socketFolder: string
}

export class RemoteHost implements ChildHost {
  readonly #socketPath: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #children = new Set<RemoteChild>()
  #bridge = randomText(12)
  #control: { readonly socket: Socket; readonly link: Link } | undefined
  #welcome: Promise<Welcome> | undefined
  #place: Welcome | undefined
  #deadline: SentDeadline = { withinMs: null, until: null }

  constructor(socketPath: string, { clock, log }: RemoteHostPorts) {
    this.#socketPath = socketPath
    this.#clock = clock
    this.#log = log.child({ runner: socketPath })
  }

  async ready(): Promise<void> {
    this.#welcome ??= this.#greet()
    try {
      this.#place = await this.#welcome
    } catch (cause) {
      this.#log.warn({ err: cause }, 'the runner cannot be reached')
      const message = 'the program that runs this service cannot be reached: try again later'
      throw new RpcFault(503, 'refused', message, { cause, headers: { 'retry-after': '2' } })
    }
  }

  dataFolder(service: string): string {
    return join(this.#welcomed.servicesFolder, service)
  }

  socketPaths(name: string): SocketPaths {
    const file = nativeSocketFile(name, this.#bridge.slice(0, 8))
    return {
      here: join(dirname(this.#socketPath), file),
      there: join(this.#welcomed.socketFolder, file),
    }
  }

  launch(order: LaunchOrder, events: HostedEvents): HostedChild {
    const socketPath = this.#socketPath
    const child = new RemoteChild({ socketPath, bridge: this.#bridge, order, events })
    this.#children.add(child)
    void child.gone.then(() => this.#children.delete(child))
    return child
  }

  endUnlessRenewed(withinMs: number): void {
    const isBound = withinMs !== Number.POSITIVE_INFINITY
    this.#deadline = isBound
      ? { withinMs, until: this.#clock() + withinMs }
      : { withinMs: null, until: null }
    this.#control?.link.sendJson('deadline', this.#deadline)
  }

  async stopAll(waits: StopWaits): Promise<void> {
    const children = [...this.#children]
    await Promise.all(children.map((child) => child.stop(waits)))
    await Promise.all(children.map(({ gone }) => gone))
    this.#control?.socket.end()
  }

  get #welcomed(): Welcome {
    if (this.#place === undefined) throw new Error('the runner was not asked before')
    return this.#place
  }

  /** One at a time; after its end the next launch tries again. */
  #greet(): Promise<Welcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Welcome>()
    // Of a life before it, the runner may still be ending what it has.
    this.#bridge = randomText(12)
    const socket = connect(this.#socketPath)
    const link = createLink(
      socket,
      PACKET_BYTES_BESIDE,
      (kind, content) => {
        const text = content.toString('utf8')
        if (kind === 'welcome') resolve(JSON.parse(text) as Welcome)
        else if (kind === 'refused') socket.destroy(new Error(text))
      },
      reject,
    )
    const cut = setTimeout(() => socket.destroy(new Error('it does not answer')), RUNNER_HELLO_MS)
    void promise.then(
      () => clearTimeout(cut),
      () => clearTimeout(cut),
    )
    socket.once('close', () => {
      this.#control = undefined
      this.#welcome = undefined
      reject(new Error('it closed the connection'))
    })
    this.#control = { socket, link }
    const hello: Hello = {
      version: CONTRACT_VERSION,
      bridge: this.#bridge,
      ...this.#deadline,
    }
    link.sendJson('hello', hello)
    return promise
  }
}
