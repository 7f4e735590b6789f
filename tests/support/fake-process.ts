/** A server process whose program is the test: what it was sent is seen, what it says is said. */

import { toService } from '../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { createLog } from '../../lib/platform/log.ts'
import type { RpcMessage, RpcResponse } from '../../mcp-bridge/json-rpc.ts'
import type { HostedEnding } from '../../mcp-bridge/runner/host.ts'
import type { OversizedCall } from '../../mcp-bridge/runner/oversized.ts'
import type { Call, ProcessUser } from '../../mcp-bridge/runner/process-user.ts'
import { ServerProcess } from '../../mcp-bridge/runner/server-process.ts'
import type { UpstreamEvents } from '../../mcp-bridge/runner/upstream.ts'
import { Ticker } from '../../mcp-bridge/ticker.ts'

const jsonrpc = '2.0' as const
const log = createLog('test', 'error')
const NEVER_MS = 2 ** 31 - 1

export interface FakeProcess {
  readonly process: ServerProcess
  /** What the server was sent, the handshake of a shared one left out. */
  readonly sent: RpcMessage[]
  /** `pause` and `resume`, as they came. */
  readonly flow: string[]
  readonly stops: number
  /** From now on nothing more is taken. */
  deafen(fault: Error): void
  say(message: object): void
  /** Says something that is too large. */
  skip(call: OversizedCall): void
  /** Answers the last request that was sent. */
  answer(result: unknown): void
  refuse(error?: object): void
  end(): void
  session(userId?: string): Promise<FakeSession>
}

export interface FakeSession {
  readonly user: ProcessUser & { isCongested: boolean }
  readonly heard: RpcMessage[]
  readonly answers: RpcResponse[]
  /** Whether its process has told it that it ended. */
  readonly wasEnded: boolean
  call(method: string, params?: object, id?: string | number): Call
}

export function fakeProcess(definition: ServiceDefinition): FakeProcess {
  const reading = toService('svc', { command: 'run', ...definition }, '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  const { service } = reading
  const sent: RpcMessage[] = []
  const flow: string[] = []
  const ended = Promise.withResolvers<HostedEnding>()
  let events: UpstreamEvents | undefined
  let fault: Error | undefined
  let stops = 0
  const end = (): void => {
    const ending = { exitCode: 0, signal: null, stderr: '' }
    events?.ended(ending)
    ended.resolve(ending)
  }
  const process = new ServerProcess(
    service,
    (given) => {
      events = given
      return {
        pid: undefined,
        ended: ended.promise,
        gone: ended.promise.then(() => {}),
        figures: () => Promise.resolve(undefined),
        send: (message) => {
          if (fault !== undefined) throw fault
          sent.push(message)
        },
        pause: () => void flow.push('pause'),
        resume: () => void flow.push('resume'),
        stop: () => {
          stops += 1
          end()
          return ended.promise
        },
      }
    },
    log,
    { rootFolders: () => service.rootFolders, seconds: new Ticker(NEVER_MS) },
  )
  const say = (message: object): void => events?.message({ jsonrpc, ...message })
  const answer = (result: unknown): void => say({ id: sent.at(-1)?.id, result })
  let isBegun = false
  return {
    process,
    sent,
    flow,
    get stops() {
      return stops
    },
    deafen: (given) => {
      fault = given
    },
    say,
    skip: (call) => events?.oversized(call),
    answer,
    refuse: (error = { code: -1, message: 'no' }) => say({ id: sent.at(-1)?.id, error }),
    end,
    async session(userId = 'ann') {
      const session = fakeSession(process, userId)
      process.users.add(session.user)
      const params = { protocolVersion: '2025-11-25', capabilities: {} }
      const request = { jsonrpc, id: 0, method: 'initialize', params }
      const opened = process.initialize(session.user, request)
      if (!isBegun || !process.isShared) answer({ ...params, serverInfo: {} })
      isBegun = true
      await opened
      const isHandshake = ({ method = '' }: RpcMessage): boolean => method.endsWith('initialized')
      const rest = sent.filter((one) => one.method !== 'initialize' && !isHandshake(one))
      sent.splice(0, sent.length, ...rest)
      return session
    },
  }
}

function fakeSession(process: ServerProcess, userId: string): FakeSession {
  const heard: RpcMessage[] = []
  const answers: RpcResponse[] = []
  let wasEnded = false
  const user = {
    userId,
    isCongested: false,
    deliver: (message: RpcMessage) => void heard.push(message),
    processEnded: () => {
      wasEnded = true
    },
  }
  return {
    user,
    heard,
    answers,
    get wasEnded() {
      return wasEnded
    },
    call(method, params = {}, id = 1) {
      const call: Call = { id, settle: (answer) => void answers.push(answer) }
      process.request(user, call, { jsonrpc, id, method, params })
      return call
    },
  }
}
