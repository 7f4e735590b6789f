/** A standing client in front of a server that is the test, and exchanges whose ends are seen. */

import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import type {
  RpcFault,
  RpcId,
  RpcNotification,
  RpcRequest,
  RpcResponse,
} from '../../mcp-bridge/json-rpc.ts'
import type { StatelessAnswer } from '../../mcp-bridge/stateless/stateless-answer.ts'
import type { Beaten, Ticker } from '../../mcp-bridge/ticker.ts'
import { Rounds } from '../../mcp-bridge/translate/stateless/rounds.ts'
import type { StandingCall } from '../../mcp-bridge/translate/stateless/standing-call.ts'
import { StandingClient } from '../../mcp-bridge/translate/stateless/standing-client.ts'
import { fakeProcess } from './fake-process.ts'

export const ALL = { elicitation: {}, sampling: {}, roots: {} }
export const OWNER = { user: 'dev:ann', client: 'client', service: 'svc' }

/** What a client sees of one exchange. */
export interface Seen {
  readonly answer: StatelessAnswer
  readonly told: RpcNotification[]
  readonly settled: RpcResponse | undefined
  /** The state it was given with questions. */
  readonly state: string
  readonly questions: JsonObject
  isCongested: boolean
  leave(): void
}

export function seen(): Seen {
  const told: RpcNotification[] = []
  const leaving: (() => void)[] = []
  let settled: RpcResponse | undefined
  const result = (): JsonObject => (isObject(settled?.result) ? settled.result : {})
  const one = {
    told,
    isCongested: false,
    get settled() {
      return settled
    },
    get state() {
      return String(result()['requestState'])
    },
    get questions() {
      const { inputRequests } = result()
      return isObject(inputRequests) ? inputRequests : {}
    },
    leave: () => {
      for (const leave of leaving) leave()
    },
  }
  const answer = {
    get isOpen() {
      return settled === undefined
    },
    get isCongested() {
      return one.isCongested
    },
    begin: () => {},
    onRelieved: () => {},
    onLeft: (leave: () => void) => void leaving.push(leave),
    notify: (notification: RpcNotification) => void told.push(notification),
    settle: (response: RpcResponse) => {
      settled ??= response
    },
  }
  return Object.assign(one, { answer: answer as unknown as StatelessAnswer })
}

/** Seconds that pass when the test says so. */
export function handSeconds() {
  const beaten = new Set<Beaten>()
  const seconds = {
    add: (one: Beaten) => void beaten.add(one),
    remove: (one: Beaten) => void beaten.delete(one),
  } as unknown as Ticker
  const pass = (count: number): void => {
    for (let second = 0; second < count; second += 1) for (const one of beaten) one.beat()
  }
  return { seconds, pass }
}

interface Asking {
  readonly id?: RpcId
  readonly level?: number
}

export async function standing(capabilities: JsonObject = ALL, can: JsonObject = {}) {
  const server = fakeProcess({})
  const { seconds, pass } = handSeconds()
  const rounds = new Rounds<StandingCall>(seconds, 'here.1')
  let ends = 0
  const client = new StandingClient({
    id: 'standing',
    owner: OWNER,
    capabilities,
    clientInfo: {},
    rounds,
    seconds,
    onEnd: () => {
      ends += 1
      server.process.leave(client)
    },
  })
  server.process.users.add(client)
  client.take(server.process)
  const begun = client.begin()
  server.answer({ protocolVersion: '2025-11-25', capabilities: can, serverInfo: { name: 'old' } })
  await begun
  const handshake = server.sent.splice(0)
  const toRequest = (method: string, params: object, id: RpcId): RpcRequest => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  })
  const ask = (method: string, params: object = {}, { id = 'mine', level }: Asking = {}) => {
    const exchange = seen()
    const waiter = { request: toRequest(method, params, id), answer: exchange.answer, level }
    const call = client.call(waiter)
    const withdraw = (fault: RpcFault): void => call.withdraw(waiter, fault)
    return Object.assign(exchange, { call, withdraw, leave: () => call.left(waiter) })
  }
  /** The same request again, with that state. */
  const comeBack = (state: string, method: string, params: object, inputResponses: object = {}) => {
    const exchange = seen()
    const more = { inputResponses, requestState: state }
    const request = toRequest(method, { ...params, ...more }, 'again')
    const waiter = { request, answer: exchange.answer, level: undefined }
    const call = rounds.take(state, OWNER, request)
    call.resume(waiter, inputResponses as JsonObject)
    return Object.assign(exchange, { call, leave: () => call.left(waiter) })
  }
  /** What the server got as the answer to its request. */
  const answerTo = (id: RpcId): RpcResponse | undefined =>
    server.sent.find((one) => one.id === id && one.method === undefined) as RpcResponse | undefined
  return { server, client, rounds, pass, handshake, ask, comeBack, answerTo, ends: () => ends }
}
