/**
 * How sessions of the revisions with `initialize` begin with a process: the one place that knows.
 *
 * A process of one session is initialized by its client. A shared one is initialized once, by the
 * bridge, without what a single client can do, which must not be asked of all; its sessions are
 * answered from that.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { isObject } from '../../lib/platform/json.ts'
import { ABOUT_US } from '../about-us.ts'
import { LATEST_REVISION, olderRevision, revisionOf } from '../era.ts'
import { paramsOf, type RpcNotification, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import { INITIALIZE_TIMEOUT_MS } from '../limits.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { rootsCapability, withAllowedRoots } from './roots.ts'

export const INITIALIZED = 'notifications/initialized'

/** The bridge itself: it listens to nothing. */
export const NOBODY: ProcessUser = {
  userId: undefined,
  isCongested: false,
  deliver: () => {},
  processEnded: () => {},
}

export interface HandshakePorts {
  /** To the server; how long it takes is watched here. */
  readonly forward: (user: ProcessUser, call: Call, request: RpcRequest) => void
  /** Answers a call that takes too long. */
  readonly giveUp: (call: Call, what: string) => void
  readonly notify: (notification: RpcNotification) => void
  /** A server that refused the bridge is of no use to the next session either. */
  readonly refused: () => void
}

export class Handshake {
  readonly #service: Service
  readonly #ports: HandshakePorts
  #answer: Promise<RpcResponse> | undefined

  constructor(service: Service, ports: HandshakePorts) {
    this.#service = service
    this.#ports = ports
  }

  /** The server's answer to a session's `initialize`, an error included. */
  async initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    if (this.#service.isolation === 'session') {
      return await this.#ask(user, withAllowedRoots(this.#service, request))
    }
    this.#answer ??= this.#shakeHands()
    const answer = await this.#answer
    if (!isObject(answer.result)) return { ...answer, id: request.id }
    const protocolVersion = olderRevision(
      paramsOf(request)['protocolVersion'],
      revisionOf(answer.result),
    )
    return { ...answer, id: request.id, result: { ...answer.result, protocolVersion } }
  }

  async #shakeHands(): Promise<RpcResponse> {
    const { notify, refused } = this.#ports
    const answer = await this.#ask(NOBODY, {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: LATEST_REVISION,
        capabilities: rootsCapability(this.#service),
        clientInfo: ABOUT_US,
      },
    })
    if (isObject(answer.result)) notify({ jsonrpc: '2.0', method: INITIALIZED })
    else refused()
    return answer
  }

  async #ask(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    const { forward, giveUp } = this.#ports
    const { promise, resolve } = Promise.withResolvers<RpcResponse>()
    const call: Call = { id: request.id, settle: resolve }
    const what = `did not answer initialize within ${INITIALIZE_TIMEOUT_MS / 1000} s`
    const timer = setTimeout(() => giveUp(call, what), INITIALIZE_TIMEOUT_MS)
    try {
      forward(user, call, request)
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }
}
