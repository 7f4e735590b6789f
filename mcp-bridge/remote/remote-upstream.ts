/**
 * A remote server as a channel of messages: what is sent to it and heard of it, as from a child, on whatever
 * transport it has. It has no process; its end is that of the session there, or ours.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { RpcMessage } from '../json-rpc.ts'
import { KEEP_ALIVE_MS } from '../limits.ts'
import type { HostedEnding } from '../runner/host.ts'
import type { Upstream, UpstreamEvents } from '../runner/upstream.ts'
import { createSparing } from '../sparing.ts'
import type { Ticker } from '../ticker.ts'
import { Exchanges } from './exchange.ts'
import { Inbox } from './inbox.ts'
import type { RemoteServer } from './remote-server.ts'
import type { Transport, TransportPorts } from './transport.ts'

export interface RemoteUpstreamOptions {
  readonly server: RemoteServer
  readonly limits: Service['limits']
  readonly open: (ports: TransportPorts) => Transport
  readonly events: UpstreamEvents
  readonly beats: Ticker
  readonly clock: Clock
  readonly log: Log
}

const ENDING: HostedEnding = { exitCode: null, signal: null, stderr: '' }

export class RemoteUpstream implements Upstream {
  readonly pid = undefined
  readonly ended: Promise<HostedEnding>
  readonly gone: Promise<void>
  readonly #options: RemoteUpstreamOptions
  readonly #transport: Transport
  readonly #exchanges = new Exchanges()
  readonly #inbox: Inbox
  readonly #ended = Promise.withResolvers<HostedEnding>()
  readonly #gone = Promise.withResolvers<void>()
  #isOver = false

  constructor(options: RemoteUpstreamOptions) {
    const { server, limits, open, events, beats, clock, log } = options
    this.#options = options
    this.ended = this.#ended.promise
    this.gone = this.#gone.promise
    const refusals = createSparing()
    this.#inbox = new Inbox(limits.messageBytes, clock)
    this.#transport = open({
      server,
      inbox: this.#inbox,
      exchanges: this.#exchanges,
      callBeatsMax: Math.ceil(limits.callCeilingMs / KEEP_ALIVE_MS) + 2,
      log,
      message: (message, about) => {
        if (!this.#isOver) events.message(message, about)
      },
      oversized: (id) => {
        if (!this.#isOver) events.oversized(id)
      },
      failed: (fault) => {
        refusals((count) => {
          log.warn({ err: fault, count }, 'the remote server did not answer a request')
        })
      },
      over: () => void this.#end(),
    })
    beats.add(this.#exchanges)
  }

  send(message: RpcMessage): void {
    if (!this.#isOver) this.#transport.send(message)
  }

  pause(): void {
    this.#inbox.pause()
  }

  resume(): void {
    this.#inbox.resume()
  }

  figures(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async stop(): Promise<HostedEnding> {
    await this.#end()
    return await this.ended
  }

  async #end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const { events, beats, log } = this.#options
    beats.remove(this.#exchanges)
    this.#exchanges.abortAll()
    this.#ended.resolve(ENDING)
    events.ended(ENDING)
    try {
      await this.#transport.close()
    } catch (error) {
      log.warn({ err: error }, 'a remote server could not be left')
    }
    this.#gone.resolve()
  }
}
