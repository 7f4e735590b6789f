/** Which call a request is, if any. */

import type { Log } from '../../../lib/platform/log.ts'
import type { ConnectionPorts } from '../http2/connection.ts'
import type { Accept } from '../http2/incoming.ts'
import { RUNNING_MAX } from '../http2/limits.ts'
import type { RequestHead } from '../http2/request-head.ts'
import { NO_EXCHANGE } from '../http2/stream.ts'
import type { GrpcMethods } from '../transport.ts'
import { httpRefusal, refusal, STATUS } from './answers.ts'
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
    return (stream, head) => {
      if (load.running >= RUNNING_MAX) return undefined
      const method = known.get(head.path)
      const refused = refuse(head, method)
      if (refused === undefined && method !== undefined) return new Call(ports, stream, method)
      connection.sender.finish(stream, refused ?? UNKNOWN)
      return NO_EXCHANGE
    }
  }
}

function toMethods({ unary, streaming }: GrpcMethods): ReadonlyMap<string, Method> {
  const toMethod =
    (isStreaming: boolean) =>
    ([name, answer]: [string, Method['answer']]): [string, Method] => [
      name,
      { name, answer, isStreaming },
    ]
  return new Map([...[...unary].map(toMethod(false)), ...[...streaming].map(toMethod(true))])
}

function refuse(head: RequestHead, method: Method | undefined): Buffer | undefined {
  if (head.isTooLarge) return TOO_LARGE
  if (head.method !== 'POST') return METHOD_NOT_ALLOWED
  if (!CONTENT_TYPE.test(head.contentType)) return UNSUPPORTED_MEDIA_TYPE
  return method === undefined ? UNKNOWN : undefined
}
