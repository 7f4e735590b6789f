/** A session in front of a server without sessions whose program is the test. */

import test from 'ava'
import { toService } from '../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import {
  metaOf,
  paramsOf,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../../mcp-bridge/json-rpc.ts'
import type { Call, ProcessUser } from '../../mcp-bridge/runner/process-user.ts'
import { META, STATELESS_REVISION } from '../../mcp-bridge/stateless/envelope.ts'
import { SessionOverStateless } from '../../mcp-bridge/translate/sessions-over-stateless.ts'

const jsonrpc = '2.0'

export interface Sent {
  readonly call: Call
  readonly request: RpcRequest
  /** The server's answer. */
  answer(result: object): void
  refuse(error: object): void
}

export interface TranslatedOptions {
  readonly definition?: ServiceDefinition
  readonly version?: string
  readonly capabilities?: JsonObject
  /** Of the server. */
  readonly offers?: JsonObject
  readonly waits?: Partial<typeof WAITS>
}

const WAITS = {
  initializeMs: 60_000,
  nextRoundMs: 1,
  acknowledgeMs: 60_000,
  againFirstMs: 1,
  againMaxMs: 60_000,
}

const made: SessionOverStateless[] = []

// What they wait for keeps a process alive for a minute.
test.after.always(() => {
  for (const over of made) over.end()
})

/** Has begun; what its beginning took is in nothing below. */
export async function translatedSession(options: TranslatedOptions = {}) {
  const { version = '2025-11-25', capabilities = ALL, offers = OFFERS } = options
  const reading = toService('svc', { command: 'run', ...options.definition }, '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  const sent: Sent[] = []
  const cancelled: { call: Call; notification: RpcNotification }[] = []
  const heard: { message: RpcMessage; call: Call | undefined }[] = []
  const flow = { relieved: 0, ended: 0 }
  let fault: Error | undefined
  const session: ProcessUser = {
    userId: 'ann',
    isCongested: false,
    deliver: (message, call) => void heard.push({ message, call }),
    processEnded: () => {
      flow.ended += 1
    },
  }
  const over = new SessionOverStateless({
    session,
    service: reading.service,
    waits: { ...WAITS, ...options.waits },
  })
  made.push(over)
  over.begin({
    rootFolders: () => reading.service.rootFolders,
    request(_user, call, request) {
      if (fault !== undefined) throw fault
      const settle = (answer: object): void => call.settle({ jsonrpc, id: call.id, ...answer })
      sent.push({
        call,
        request,
        answer: (result) => settle({ result: { resultType: 'complete', ...result } }),
        refuse: (error) => settle({ error }),
      })
    },
    cancel: (call, notification) => void cancelled.push({ call, notification }),
    relieved: () => {
      flow.relieved += 1
    },
  })
  const initialize = (params: object): Promise<RpcResponse> =>
    over.initialize(session, { jsonrpc, id: 0, method: 'initialize', params })
  const take = (): Sent => {
    const first = sent.shift()
    if (first === undefined) throw new Error('the server was sent nothing')
    return first
  }
  const begun = initialize({ protocolVersion: version, capabilities, clientInfo: CLIENT })
  const supportedVersions = [STATELESS_REVISION]
  take().answer({ supportedVersions, capabilities: offers, instructions: 'be brief' })
  return {
    over,
    begun: await begun,
    heard,
    cancelled,
    flow,
    sent,
    take,
    initialize,
    deafen: (given: Error | undefined) => {
      fault = given
    },
    /** What the client asks, and what it is answered. */
    call(method: string, params: object = {}, id: string | number = 1) {
      const answers: RpcResponse[] = []
      const call: Call = { id, settle: (answer) => void answers.push(answer) }
      over.request(session, call, { jsonrpc, id, method, params })
      return { call, answers }
    },
    note: (method: string) => over.pass({ jsonrpc, method }),
    /** The client answers the questions that it has heard, in their order. */
    reply(...answers: object[]): void {
      const questions = heard.splice(0).filter(({ message }) => message.id !== undefined)
      for (const [index, answer] of answers.entries()) {
        const id = questions[index]?.message.id
        if (id === undefined) throw new Error('the client was not asked that much')
        over.pass({ jsonrpc, id, ...answer })
      }
    },
    /** The server tells something on a `subscriptions/listen`. */
    tell({ call }: Pick<Sent, 'call'>, method: string, params: object = {}): void {
      const _meta = { [META.subscriptionId]: call.id }
      over.deliver({ jsonrpc, method, params: { ...params, _meta } }, call)
    },
  }
}

export type TranslatedSession = Awaited<ReturnType<typeof translatedSession>>

export const ALL = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} }
export const OFFERS = { tools: {}, resources: { subscribe: true }, logging: {} }
export const CLIENT = { name: 'client', version: '1' }

export const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

/** What a request has beside its envelope. */
export function bareParams(request: RpcRequest): object {
  const { _meta, ...params } = paramsOf(request)
  const foreign = Object.entries(isObject(_meta) ? metaOf(request) : {}).filter(
    ([name]) => !name.startsWith('io.modelcontextprotocol/'),
  )
  return foreign.length > 0 ? { ...params, _meta: Object.fromEntries(foreign) } : params
}
