/** POST: one message, or in 2025-03-26 several, of a client (MCP Streamable HTTP, sending messages). */

import { parseAccept } from './accept.ts'
import type { Bridge } from './bridge.ts'
import { assertRevisionHeader, BATCH_REVISION, isStatelessPost } from './era.ts'
import { callerOf, type Exchange, headerOf, REVISION_HEADER, SESSION_HEADER } from './exchange.ts'
import { isRequest, type ParsedBody, parseBody, RpcFault, toBody } from './json-rpc.ts'
import { LiveSession } from './live-session.ts'
import { forward } from './native/forward.ts'
import { openNativeSession } from './native/open-native-session.ts'
import { openSession } from './open-session.ts'
import { readBody } from './read-body.ts'
import { postToStream, streamOf } from './sse/post-to-stream.ts'
import { SseSession, toOtherTransport } from './sse/sse-session.ts'
import { serveStateless } from './stateless/serve.ts'
import { assertPlain } from './tools/plain-message.ts'
import { carry } from './trace-exchange.ts'

/** @throws RpcFault with the refusal. */
export async function post(bridge: Bridge, exchange: Exchange): Promise<void> {
  const { request, service, admission } = exchange
  // What waits for another bridge process comes by here again and again.
  const parsed =
    exchange.parsed ?? understand(bridge, exchange, await readBody(exchange, bridge.bodies))
  const [first] = parsed.messages
  admission.assertStands()
  const stream = service.sse ? streamOf(exchange) : undefined
  if (stream !== undefined) {
    postToStream(bridge, exchange, parsed, stream)
    return
  }
  const revision = headerOf(request, REVISION_HEADER)
  if (isStatelessPost(parsed, revision, headerOf(request, SESSION_HEADER))) {
    await serveStateless(bridge, exchange, parsed)
    return
  }
  if (!parsed.isBatch && isRequest(first) && first.method === 'initialize') {
    assertNotBegun(bridge, exchange)
    const open = service.launch.kind === 'native' ? openNativeSession : openSession
    await open(bridge, exchange, first)
    return
  }
  return postToSession(bridge, exchange, parsed)
}

/** @throws RpcFault for what is no message, takes too long to read, or could be read in two ways. */
function understand(bridge: Bridge, exchange: Exchange, body: Buffer): ParsedBody {
  const { identity, span } = exchange
  exchange.body = body
  const given = bridge.effort.read(identity.userId, body.length, () => parseBody(body))
  const parsed = span === undefined ? given : carry(span, given)
  const [first] = parsed.messages
  exchange.asked = first
  exchange.calls = parsed.messages.filter(isRequest).map(({ id }) => id)
  if (!parsed.isBatch && isRequest(first)) exchange.rpcId = first.id
  for (const message of parsed.messages) assertPlain(message)
  exchange.parsed = parsed
  return parsed
}

/** Undefined where nothing is waited for, as with most calls. */
function postToSession(
  bridge: Bridge,
  exchange: Exchange,
  parsed: ParsedBody,
): Promise<void> | undefined {
  const { request, response, admission } = exchange
  const session = bridge.sessions.find(headerOf(request, SESSION_HEADER), callerOf(exchange))
  if (session instanceof SseSession) throw toOtherTransport()
  assertRevisionHeader(headerOf(request, REVISION_HEADER), session.revision)
  assertBatchAllowed(parsed, session.revision)
  const watched = bridge.tools.admit(exchange, parsed)
  if (!(session instanceof LiveSession)) {
    return forward(bridge, exchange, session, { body: toBody(parsed), watched })
  }
  const accepted = parseAccept(headerOf(request, 'accept'))
  session.post(parsed, response, accepted, admission, watched)
  return undefined
}

/** The id of a session that is gone is no obstacle: clients were seen to begin again with it. */
function assertNotBegun(bridge: Bridge, exchange: Exchange): void {
  if (!bridge.sessions.has(headerOf(exchange.request, SESSION_HEADER), callerOf(exchange))) return
  throw new RpcFault(
    400,
    'invalidRequest',
    'this session has begun: initialize without Mcp-Session-Id opens another',
  )
}

function assertBatchAllowed({ messages, isBatch }: ParsedBody, revision: string): void {
  if (!isBatch) return
  if (revision !== BATCH_REVISION) {
    throw new RpcFault(400, 'invalidRequest', `batches exist in ${BATCH_REVISION} only`)
  }
  if (messages.some(({ method }) => method === 'initialize')) {
    throw new RpcFault(400, 'invalidRequest', 'initialize cannot be part of a batch')
  }
}
