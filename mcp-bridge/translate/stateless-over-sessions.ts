/**
 * A client of 2026-07-28 in front of a server that knows sessions only: its requests are made in the session of
 * a standing client, its answers say what they have to say in this revision, and what the server asks meanwhile
 * becomes part of them.
 */

import { isObject } from '../../lib/platform/json.ts'
import { parseAccept } from '../accept.ts'
import type { Bridge } from '../bridge.ts'
import { callerOf, type Exchange, ownerOf } from '../exchange.ts'
import { paramsOf, RpcFault } from '../json-rpc.ts'
import { OwnedElsewhere } from '../leases.ts'
import { DISCOVER, LISTEN } from '../methods.ts'
import type { StatelessRequest } from '../stateless/envelope.ts'
import type { StatelessAnswer } from '../stateless/stateless-answer.ts'
import { toDiscovery } from './stateless/discovery.ts'
import { readLevel } from './stateless/log-wishes.ts'
import { assertNewer, mayBeAsked } from './stateless/older-request.ts'
import type { StandingCall, Waiter } from './stateless/standing-call.ts'
import type { StandingClient } from './stateless/standing-client.ts'
import { livesElsewhere } from './stateless/standing-clients.ts'

/**
 * Settles the answer, now or later.
 * @throws RpcFault with the refusal.
 * @throws OwnedElsewhere when it belongs to another bridge process; nothing was answered then.
 */
export async function callOverSessions(
  bridge: Bridge,
  exchange: Exchange,
  stateless: StatelessRequest,
  answer: StatelessAnswer,
): Promise<void> {
  const { admission } = exchange
  const { request } = stateless
  assertNewer(request)
  const waiter = { request, answer, level: readLevel(stateless.logLevel) }
  const { requestState } = paramsOf(request)
  if (mayBeAsked(request.method) && requestState !== undefined) {
    await comeBack(bridge, exchange, waiter, requestState)
    return
  }
  // Starting a server takes a while.
  admission.endBy((fault) => {
    answer.settle(fault.toResponse(request.id))
    bridge.standing.abandon(exchange)
  })
  const client = await bridge.standing.of(bridge, exchange, stateless)
  admission.assertStands()
  if (answer.isOpen) await ask(client, exchange, waiter)
}

async function ask(client: StandingClient, exchange: Exchange, waiter: Waiter): Promise<void> {
  const { request, answer } = waiter
  if (request.method === DISCOVER) answer.settle(toDiscovery(client.begun, request.id))
  else if (request.method === LISTEN) await listen(client, exchange, waiter)
  else attend(client.call(waiter), exchange, waiter)
}

async function listen(
  { listeners }: StandingClient,
  { admission, request: { headers } }: Exchange,
  { request, answer }: Waiter,
): Promise<void> {
  if (!parseAccept(headers.accept).stream) {
    throw new RpcFault(406, 'refused', `${request.method} opens a stream: accept text/event-stream`)
  }
  admission.endBy((fault) => listeners.withdraw(request, answer, fault))
  admission.listen()
  await listeners.listen(request, answer)
}

/** The request was answered with what its client had to be asked; here it is again. */
async function comeBack(
  { standing, sessions, peers }: Bridge,
  exchange: Exchange,
  waiter: Waiter,
  requestState: unknown,
): Promise<void> {
  const { rounds } = standing
  const { inputResponses } = paramsOf(waiter.request)
  const instance = rounds.instanceOf(requestState)
  if (instance !== undefined && (await livesElsewhere(peers, instance))) {
    throw new OwnedElsewhere(instance)
  }
  exchange.admission.assertStands()
  if (!waiter.answer.isOpen) return
  const call = rounds.take(requestState, ownerOf(exchange), waiter.request)
  sessions.use(call.client, callerOf(exchange))
  attend(call, exchange, waiter)
  call.resume(waiter, isObject(inputResponses) ? inputResponses : {})
}

/** From now on its client waits here: whatever ends that is told. */
function attend(call: StandingCall, { admission }: Exchange, waiter: Waiter): void {
  const { answer } = waiter
  admission.endBy((fault) => call.withdraw(waiter, fault))
  answer.onLeft(() => call.left(waiter))
  answer.onRelieved(() => call.relieved())
  answer.expect()
}
