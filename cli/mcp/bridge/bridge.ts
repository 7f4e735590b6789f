/**
 * A client that knows only stdio, and a server that knows only HTTP. Messages pass as they are, in both eras;
 * added is what HTTP needs: a login, streams that are resumed, sessions that are opened again.
 */

import {
  InsufficientScopeError,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/client'
import type { Explaining } from '../session/explain.ts'
import type { SendOptions } from '../session/legacy.ts'
import { toFailure, toText } from './failure.ts'
import { Link, type LinkPorts } from './link.ts'
import { createMirroredArguments } from './mirrored-arguments.ts'
import { isAnswer } from './opening.ts'
import { createWaiting, isStateless, toErrorResponse, type WaitingRequest } from './waiting.ts'

export interface BridgePorts extends Pick<LinkPorts, 'createTransport' | 'createLegacyTransport'> {
  /** To the client. */
  readonly write: (message: JSONRPCMessage) => Promise<void>
  /** To the person. */
  readonly note: (text: string) => void
  readonly explaining: () => Explaining
  /** Asks the person for more; false when that cannot be, or they refused. */
  readonly getMoreScope: (error: InsufficientScopeError) => Promise<boolean>
}

export interface Bridge {
  /** Takes a message of the client; resolves when the server has it, or the client knows why not. */
  receive(message: JSONRPCMessage): Promise<void>
  /** When every request has its answer. */
  settled(): Promise<void>
  close(): Promise<void>
}

const SESSION_LOST =
  'The server lost the session while it worked on this. Call again, if it may be done twice.'
const CUT_OFF = 'The connection ended before the answer.'

export async function openBridge(ports: BridgePorts): Promise<Bridge> {
  const { write, note, explaining } = ports
  const waiting = createWaiting()
  const mirrored = createMirroredArguments()
  const tell = (error: unknown): void => note(toText(error, explaining()))
  const answer = async (id: RequestId, error: JSONRPCMessage): Promise<void> => {
    if (waiting.settle(id)) await write(error)
  }
  const giveUpTaken = (why: string): void => {
    for (const { message, isTaken } of waiting.all()) {
      if (isTaken) answer(message.id, toErrorResponse(message.id, why)).catch(tell)
    }
  }
  const link = await Link.open({
    createTransport: ports.createTransport,
    createLegacyTransport: ports.createLegacyTransport,
    onError: tell,
    onMessage(message) {
      // To a request that was answered otherwise meanwhile, nobody wants a second answer.
      if (isAnswer(message) && !waiting.settle(message.id)) return
      mirrored.fromServer(message)
      write(message).catch(tell)
    },
    onLost() {
      note('The server lost the session; a new one is open.')
      giveUpTaken(SESSION_LOST)
    },
    onDropped() {
      note('The connection broke off; the next message opens it again.')
      giveUpTaken(SESSION_LOST)
    },
  })
  const send = async (message: JSONRPCMessage, options?: SendOptions): Promise<void> => {
    try {
      await link.send(message, options)
    } catch (error) {
      if (!(error instanceof InsufficientScopeError && (await ports.getMoreScope(error))))
        throw error
      await link.send(message, options)
    }
  }
  async function sendRequest(request: WaitingRequest): Promise<void> {
    const { message, leaving } = request
    try {
      await send(message, {
        requestSignal: leaving.signal,
        headers: isStateless(message) ? mirrored.headersFor(message) : {},
        onRequestStreamEnd() {
          answer(message.id, toErrorResponse(message.id, CUT_OFF)).catch(tell)
        },
      })
      request.isTaken = true
    } catch (error) {
      await answer(message.id, toFailure(error, message.id, explaining()))
    }
  }
  return {
    async receive(message) {
      if (isJSONRPCRequest(message)) return await sendRequest(waiting.add(message))
      const left = cancelledId(message)
      const request = waiting.get(left)
      // Nobody waits for its answer any more.
      waiting.settle(left)
      // Over HTTP the era without sessions has no message for it: the request's own stream is left.
      if (request !== undefined && isStateless(request.message)) return request.leaving.abort()
      await send(message).catch(tell)
    },
    settled: () => waiting.empty(),
    close: () => link.close(),
  }
}

function cancelledId(message: JSONRPCMessage): RequestId | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  return (message.params as { requestId?: RequestId } | undefined)?.requestId
}
