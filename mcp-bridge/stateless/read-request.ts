/** What a POST without a session brings: a request whose envelope is whole, or a notification. */

import type { IncomingMessage } from 'node:http'
import { isObject } from '../../lib/platform/json.ts'
import { STATELESS_SUPPORTED, toUnsupported } from '../era.ts'
import {
  isRequest,
  isResponse,
  metaOf,
  type ParsedBody,
  RpcFault,
  type RpcMessage,
} from '../json-rpc.ts'
import { envelopeOf, META, STATELESS_REVISION, type StatelessRequest } from './envelope.ts'
import { assertMirrored, assertNothingElse } from './mirrored-headers.ts'

/**
 * Undefined for a notification.
 * @throws RpcFault 400 with -32600 (batch, response), -32602 (envelope), -32020 (headers) or -32022 (revision),
 * 404 for `initialize`, which no server must see that has no sessions.
 */
export function readRequest(
  { messages, isBatch }: ParsedBody,
  request: IncomingMessage,
): StatelessRequest | undefined {
  const [message] = messages
  if (isBatch) throw invalid('batches do not exist in this revision')
  if (isResponse(message)) throw invalid('responses are not posted in this revision')
  if (!isRequest(message)) {
    assertNothingElse(request, message, metaOf(message)[META.protocolVersion])
    return undefined
  }
  const envelope = envelopeOf(message)
  const { protocolVersion, clientInfo, clientCapabilities, logLevel } = envelope
  assertEnvelope(message)
  assertNothingElse(request, message, protocolVersion)
  if (protocolVersion !== STATELESS_REVISION) {
    throw toUnsupported(protocolVersion, STATELESS_SUPPORTED, message.id)
  }
  assertMirrored(request, message)
  if (message.method === 'initialize') {
    throw new RpcFault(404, 'methodNotFound', 'initialize does not exist in this revision')
  }
  return { request: message, clientInfo, clientCapabilities: clientCapabilities ?? {}, logLevel }
}

function assertEnvelope(message: RpcMessage): void {
  const meta = metaOf(message)
  const version = meta[META.protocolVersion]
  const capabilities = meta[META.clientCapabilities]
  const info = meta[META.clientInfo]
  const wrong = [
    ...(typeof version === 'string' ? [] : [`${META.protocolVersion} must be a text`]),
    ...(isObject(capabilities) ? [] : [`${META.clientCapabilities} must be an object`]),
    ...(info === undefined || isObject(info) ? [] : [`${META.clientInfo} must be an object`]),
  ]
  if (wrong.length > 0) throw new RpcFault(400, 'invalidParams', `_meta: ${wrong.join('; ')}`)
}

function invalid(message: string): RpcFault {
  return new RpcFault(400, 'invalidRequest', message)
}
