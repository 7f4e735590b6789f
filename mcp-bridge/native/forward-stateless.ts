/** A request without a session, passed on as it is to a native server that knows such; its answer streams back unbuffered. */

import type { Bridge } from '../bridge.ts'
import { tryParseExactly } from '../exact-json.ts'
import { type Exchange, SESSION_HEADER } from '../exchange.ts'
import {
  isResponse,
  type ParsedBody,
  type RpcRequest,
  serialize,
  toBody,
  toMessage,
} from '../json-rpc.ts'
import { DISCOVER, LISTEN } from '../methods.ts'
import { withServedRevisions } from '../stateless/direct.ts'
import type { AnswerReader } from '../tools/answer-reader.ts'
import { askTraced } from './ask-traced.ts'
import { passOn } from './pass-on.ts'
import { type GiveUp, Patience } from './patience.ts'
import type { PassingReader } from './read-answer.ts'
import { refuse } from './refuse.ts'

/** @throws RpcFault when the server cannot be asked, or the request must not reach it. */
export async function forwardStateless(
  bridge: Bridge,
  exchange: Exchange,
  body: ParsedBody,
  request: RpcRequest,
): Promise<void> {
  const { service, admission } = exchange
  const watching = bridge.tools.reader(exchange, bridge.tools.admit(exchange, body))
  const upstream = endWithClient(exchange, watching)
  const refuseIt: GiveUp = (fault) => {
    watching?.cancel()
    refuse(exchange, fault)
    upstream.abort()
  }
  admission.endBy(refuseIt)
  const server = await bridge.natives.ensure(service)
  admission.assertStands()
  const patience = new Patience(bridge.natives, exchange, server, refuseIt)
  const { [SESSION_HEADER]: _, ...headers } = exchange.request.headers
  const answer = await patience.watch(
    askTraced(bridge.tracing, exchange, server, {
      method: 'POST',
      path: exchange.request.url ?? '/',
      headers,
      body: toBody(body),
      signal: upstream.signal,
    }),
  )
  // Nobody has a session here, whatever the server believes.
  delete answer.headers[SESSION_HEADER]
  const reader = request.method === DISCOVER ? DISCOVERY : watching
  const end: GiveUp = passOn(answer, exchange, bridge.streams.keepAlive, reader)
  const breakOff: GiveUp = (fault) => {
    watching?.cancel()
    end(fault)
  }
  admission.endBy(breakOff)
  if (request.method === LISTEN) {
    patience.end()
    admission.listen()
  } else patience.begun(answer, breakOff)
}

/** To leave is to cancel (MCP 2026-07-28, Streamable HTTP): the server sees it by its connection. */
function endWithClient(
  { response }: Exchange,
  watching: AnswerReader | undefined,
): AbortController {
  const upstream = new AbortController()
  const end = (): void => {
    if (!response.writableFinished) watching?.cancel()
    watching?.end()
    upstream.abort()
  }
  // It may have left while the server was asked what it knows.
  if (response.destroyed) end()
  else response.once('close', end)
  return upstream
}

/** A native server has sessions too: this URL serves both eras. */
const DISCOVERY: PassingReader = {
  read(text) {
    const answer = toMessage(tryParseExactly(text))
    return answer === undefined || !isResponse(answer)
      ? text
      : serialize(withServedRevisions(answer))
  },
  end() {
    // Nothing of it is watched.
  },
}
