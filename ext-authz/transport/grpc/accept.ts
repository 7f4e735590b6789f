/** Which call a request is, if any. */

import type { Log } from '../../../lib/platform/log.ts'
import type { ConnectionPorts } from '../http2/connection.ts'
import type { Accept } from '../http2/incoming.ts'
import { RUNNING_MAX } from '../http2/limits.ts'
import type { RequestHead } from '../http2/request-head.ts'
import { type Exchange, NO_EXCHANGE, type Stream } from '../http2/stream.ts'
import { STATUS } from '../status.ts'
import type { GrpcMethods } from '../transport.ts'
import { httpRefusal, refusal } from './answers.ts'
import { Call, type CallPorts, type Load, type Method } from './call.ts'

const CONTENT_TYPE = /^application\/grpc(?:\+proto)?(?:;|$)/
const METHOD_NOT_ALLOWED = httpRefusal(405)
const UNSUPPORTED_MEDIA_TYPE = httpRefusal(415)
const TOO_LARGE = refusal(STATUS.resourceExhausted, 'too many header fields')
const UNKNOWN = refusal(STATUS.unimplemented, 'no such method')

/** @returns what accepts the requests of one connection. */
export function createAccept(methods: GrpcMethods, log: Log): (ports: ConnectionPorts) => Accept {
  const known = toMethods(methods)
  return (connection) => {
    const load: Load = { running: 0, held: 0 }
    const ports: CallPorts = { ...connection, log, load }
    return (stream, head) =>
      load.running < RUNNING_MAX ? begin(ports, stream, head, known) : undefined
  }
}

type Methods = ReadonlyMap<string, Method>

function begin(ports: CallPorts, stream: Stream, head: RequestHead, known: Methods): Exchange {
  const { sender } = ports
  const notGrpc = refuseNotGrpc(head)
  if (notGrpc !== undefined) return readOver(() => sender.finish(stream, notGrpc))
  const method = known.get(head.path)
  if (method !== undefined && !head.isTooLarge) {
    return new Call(ports, stream, method, head.traceparent)
  }
  // At once: callers of streaming methods wait for answers before they end.
  sender.finish(stream, head.isTooLarge ? TOO_LARGE : UNKNOWN)
  return NO_EXCHANGE
}

function toMethods({ unary, streaming }: GrpcMethods): Methods {
  const toMethod =
    (isStreaming: boolean) =>
    ([name, answer]: [string, Method['answer']]): [string, Method] => [
      name,
      { name, answer, isStreaming },
    ]
  return new Map([...[...unary].map(toMethod(false)), ...[...streaming].map(toMethod(true))])
}

function refuseNotGrpc({ method, contentType }: RequestHead): Buffer | undefined {
  if (method !== 'POST') return METHOD_NOT_ALLOWED
  return CONTENT_TYPE.test(contentType) ? undefined : UNSUPPORTED_MEDIA_TYPE
}

/** The answer stands; the request is heard to its end. */
function readOver(answer: () => void): Exchange {
  return { ...NO_EXCHANGE, ended: answer }
}
