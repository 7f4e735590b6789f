/** Clients with sessions (MCP 2024-11-05 to 2025-11-25) and their server, whether it is one's own or shared. */

import type { Service } from '../../lib/catalogue/service.ts'
import {
  isResponse,
  paramsOf,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { CANCELLED } from '../methods.ts'
import type { Conversation, ConversationPorts } from './conversation.ts'
import { Handshake } from './handshake.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { isKeptFromServer } from './roots.ts'
import { ServerRequests } from './server-requests.ts'
import { isForShared, Sharing } from './sharing.ts'

export class SessionsConversation implements Conversation {
  readonly #service: Service
  readonly #ports: ConversationPorts
  readonly #handshake: Handshake
  readonly #requests: ServerRequests
  readonly #sharing: Sharing | undefined

  /** `tell`: a request of the bridge's own, whose answer changes nothing. */
  constructor(
    service: Service,
    ports: ConversationPorts,
    tell: (method: string, params: object) => void,
    rootFolders: () => readonly string[],
  ) {
    const { users, giveUp, refused } = ports
    this.#service = service
    this.#ports = ports
    this.#requests = new ServerRequests(service, users, rootFolders)
    this.#handshake = new Handshake(service, {
      forward: (user, call, request) => ports.forward(user, call, request, false),
      giveUp,
      notify: (notification) => ports.send(notification),
      refused,
    })
    const { isolation } = service
    const forward = (user: ProcessUser, call: Call, request: RpcRequest): void =>
      ports.forward(user, call, request)
    this.#sharing =
      isolation === 'session' ? undefined : new Sharing(isolation, { users, forward, tell })
  }

  get isWaiting(): boolean {
    return this.#requests.isWaiting
  }

  async initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    const answer = await this.#handshake.initialize(user, request)
    this.#sharing?.joined(user)
    return answer
  }

  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    if (this.#sharing === undefined) this.#ports.forward(user, call, request)
    else this.#sharing.request(user, call, request)
  }

  pass(message: RpcMessage): void {
    if (isResponse(message)) this.#requests.over(message.id)
    if (isKeptFromServer(this.#service, message)) return
    if (this.#sharing === undefined || isForShared(message)) this.#ports.send(message)
  }

  answered(user: ProcessUser, call: Call, answer: RpcResponse): RpcResponse {
    return this.#sharing?.answered(user, call, answer) ?? answer
  }

  dropped(call: Call): void {
    this.#sharing?.dropped(call)
  }

  receiveRequest(request: RpcRequest, about: number | undefined): void {
    const destination = this.#requests.receive(request)
    if (destination === 'client') this.#deliver(request, about, this.#ports.users)
    else if (destination === 'nobody') this.#ports.deliver(request, [])
    else this.#ports.send(destination)
  }

  receiveNotification(notification: RpcNotification, about: number | undefined): void {
    if (notification.method === CANCELLED) {
      this.#requests.over(paramsOf(notification)['requestId'])
    }
    const hearers = this.#sharing?.hearers(notification) ?? this.#ports.users
    this.#deliver(notification, about, hearers)
  }

  take(matches: (user: ProcessUser) => boolean): Call[] {
    return this.#sharing?.take(matches) ?? []
  }

  left(user: ProcessUser): void {
    this.#sharing?.left(user)
  }

  /** What came on the stream of a request is its caller's, whoever else listens. */
  #deliver(message: RpcMessage, about: number | undefined, hearers: Iterable<ProcessUser>): void {
    const asked = about === undefined ? undefined : this.#ports.find(about)
    if (asked === undefined) this.#ports.deliver(message, hearers)
    else this.#ports.deliver(message, [asked.user], asked.call)
  }
}
