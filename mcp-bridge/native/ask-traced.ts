/** Asks a native server in a span of its own, which travels there as header. */

import type { IncomingMessage } from 'node:http'
import { TRACEPARENT, type Tracing } from '../../lib/platform/tracing/tracing.ts'
import type { Exchange } from '../exchange.ts'
import { attributesOf, nameOf } from '../trace-exchange.ts'
import type { NativeServer } from './native-servers.ts'
import { ask, type UpstreamRequest } from './upstream.ts'

/** @throws RpcFault as `ask` does. */
export async function askTraced(
  tracing: Tracing | undefined,
  { span: parent, service, asked }: Exchange,
  server: NativeServer,
  request: UpstreamRequest,
): Promise<IncomingMessage> {
  if (tracing === undefined || parent === undefined) return await ask(server, service.name, request)
  const span = tracing.start(asked === undefined ? request.method : nameOf(asked), {
    kind: 'client',
    parent,
    attributes: {
      ...(asked === undefined ? {} : attributesOf(asked)),
      'http.request.method': request.method,
      'network.transport': 'unix',
    },
  })
  const headers = { ...request.headers, [TRACEPARENT]: span.traceparent }
  try {
    const answer = await ask(server, service.name, { ...request, headers })
    span.set({ 'http.response.status_code': answer.statusCode })
    answer.once('close', () => span.end())
    return answer
  } catch (error) {
    span.fail('unanswered')
    span.end()
    throw error
  }
}
