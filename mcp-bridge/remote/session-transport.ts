/**
 * Which transport a session has: Streamable HTTP unless the server is one of 2024-11-05, which shows when it
 * does not take `initialize`. Once that is known the next session begins there.
 */

import type { RemoteLaunch, RemoteTransport } from '../../lib/catalogue/remote-launch.ts'
import type { RpcMessage } from '../json-rpc.ts'
import { Delivery } from './delivery.ts'
import { Exchange } from './exchange.ts'
import { hasEventStream, isNotHere } from './probe.ts'
import type { Refused } from './reply.ts'
import { SseSession } from './sse-session.ts'
import { StreamableSession } from './streamable-session.ts'
import type { Transport, TransportPorts } from './transport.ts'

export interface Learnt {
  readonly launch: Pick<RemoteLaunch, 'transport'>
  transport: RemoteTransport | undefined
}

export function openSession(learnt: Learnt, ports: TransportPorts): Transport {
  if (learnt.launch.transport === 'streamable') return new StreamableSession(ports)
  return learnt.transport === 'sse' ? openSse(learnt, ports) : new EitherSession(learnt, ports)
}

function openSse(learnt: Learnt, ports: TransportPorts): SseSession {
  const session: SseSession = new SseSession({
    ...ports,
    over: () => {
      // It may have got another transport meanwhile.
      if (!session.hasBegun) learnt.transport = learnt.launch.transport
      ports.over()
    },
  })
  return session
}

class EitherSession implements Transport {
  readonly #learnt: Learnt
  readonly #ports: TransportPorts
  #transport: Transport
  #isClosed = false

  constructor(learnt: Learnt, ports: TransportPorts) {
    this.#learnt = learnt
    this.#ports = ports
    this.#transport = new StreamableSession({
      ...ports,
      notHere: (message, refused) => {
        if (!isNotHere({ error: undefined, refused })) return false
        void this.#tryOther(message, refused)
        return true
      },
    })
  }

  send(message: RpcMessage): void {
    this.#transport.send(message)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#transport.close()
  }

  async #tryOther(message: RpcMessage, refused: Refused): Promise<void> {
    try {
      const isThere = await hasEventStream(this.#ports)
      if (this.#isClosed) return
      if (isThere) {
        this.#learnt.transport = 'sse'
        this.#transport = openSse(this.#learnt, this.#ports)
        this.#transport.send(message)
        return
      }
    } catch (error) {
      this.#ports.log.debug({ err: error }, 'the server has no event stream')
    }
    const exchange = new Exchange(message.id as number, 0)
    new Delivery(this.#ports).answer(refused, exchange)
  }
}
