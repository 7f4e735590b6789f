/** A request of a native session, passed on as it is; its answer streams back unbuffered. */

import type { Bridge } from '../bridge.ts'
import type { Exchange } from '../exchange.ts'
import type { Watched } from '../tools/watched-call.ts'
import { askTraced } from './ask-traced.ts'
import type { NativeSession } from './native-session.ts'
import { passOn } from './pass-on.ts'
import { type GiveUp, Patience } from './patience.ts'
import { refuse, tellCancelled } from './refuse.ts'

export interface Forwarded {
  readonly body?: Buffer
  /** Of the requests in it. */
  readonly watched?: Watched | undefined
}

/** @throws RpcFault when the server cannot be asked. */
export async function forward(
  bridge: Bridge,
  exchange: Exchange,
  session: NativeSession,
  { body, watched }: Forwarded = {},
): Promise<void> {
  const { request, service, admission } = exchange
  const leave = session.enter()
  const reader = bridge.tools.reader(exchange, watched)
  exchange.response.once('close', () => {
    leave()
    reader?.end()
  })
  const upstream = new AbortController()
  const refuseAll: GiveUp = (fault) => {
    refuse(exchange, fault)
    upstream.abort()
    reader?.cancel()
    tellCancelled(bridge.natives, exchange, fault)
  }
  admission.endBy(refuseAll)
  const server = await bridge.natives.ensure(service)
  admission.assertStands()
  const patience = new Patience(bridge.natives, exchange, server, refuseAll)
  const answer = await patience.watch(
    askTraced(bridge.tracing, exchange, server, {
      method: request.method ?? 'POST',
      path: request.url ?? '/',
      headers: request.headers,
      body,
      signal: upstream.signal,
    }),
  )
  // The server has forgotten it, e.g. because it was started anew.
  if (answer.statusCode === 404) bridge.sessions.end(session.id)
  const end: GiveUp = passOn(answer, exchange, bridge.streams.keepAlive, reader)
  const breakOff: GiveUp = (fault) => {
    reader?.cancel()
    end(fault)
    tellCancelled(bridge.natives, exchange, fault)
  }
  admission.endBy(breakOff)
  patience.begun(answer, breakOff)
}
