/** Whether a native server answers without sessions: it is asked, on behalf of whoever is the first to need it. */

import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { toIdentityHeaders } from '../../lib/oauth/identity-headers.ts'
import type { Bridge } from '../bridge.ts'
import { tryParseExactly } from '../exact-json.ts'
import { type Exchange, REVISION_HEADER } from '../exchange.ts'
import { isResponse, RpcFault, type RpcResponse, serialize, toMessage } from '../json-rpc.ts'
import { DISCOVER_TIMEOUT_MS } from '../limits.ts'
import { DISCOVERY_QUESTION, speaksStateless } from '../stateless/discovery-question.ts'
import { STATELESS_REVISION } from '../stateless/envelope.ts'
import { METHOD_HEADER } from '../stateless/mirrored-headers.ts'
import { ask, isStream, readWhole } from './upstream.ts'

/** @throws RpcFault when it could not be found out: nothing is learnt then. */
export async function probeNative(
  { natives }: Pick<Bridge, 'natives'>,
  { service, identity, request }: Pick<Exchange, 'service' | 'identity' | 'request'>,
): Promise<boolean> {
  const server = await natives.ensure(service)
  const answer = await ask(server, service.name, {
    method: 'POST',
    path: request.url ?? '/',
    headers: {
      ...toIdentityHeaders(identity),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      [REVISION_HEADER]: STATELESS_REVISION,
      [METHOD_HEADER]: DISCOVERY_QUESTION.method,
    },
    body: Buffer.from(serialize(DISCOVERY_QUESTION)),
    signal: AbortSignal.timeout(DISCOVER_TIMEOUT_MS),
  })
  const { statusCode = 500 } = answer
  try {
    if (statusCode >= 500) throw new Error(`the server answered ${statusCode}`)
    return speaksStateless((await readResponse(answer))?.result)
  } catch (cause) {
    const what = 'could not be asked what it speaks'
    throw new RpcFault(502, 'internal', `the service ${service.name}: ${what}`, { cause })
  } finally {
    answer.destroy()
  }
}

/** Undefined for what is no answer of an MCP server. */
async function readResponse(answer: IncomingMessage): Promise<RpcResponse | undefined> {
  const text = (await readWhole(answer))?.toString('utf8') ?? ''
  for (const one of isStream(answer) ? eventsIn(text) : [text]) {
    const message = toMessage(tryParseExactly(one))
    if (message !== undefined && isResponse(message)) return message
  }
  return undefined
}

function eventsIn(text: string): readonly string[] {
  const found: string[] = []
  createParser({ onEvent: ({ data }) => void found.push(data) }).feed(text)
  return found
}
