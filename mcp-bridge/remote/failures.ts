/** What went wrong on the way to a remote server, in words: nothing of what it sent stands in them. */

import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'
import { RpcFault } from '../json-rpc.ts'

/** By the error's code, or its first letters. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'it refuses connections'],
  [/^(?:ECONNRESET|EPIPE)$/, 'the connection was cut before it answered'],
  [/^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, 'there is no way to it'],
  [/^(?:ENOTFOUND|EAI_AGAIN|ENODATA|ESERVFAIL)$/, 'its host name was not found'],
  [/^HPE_HEADER_OVERFLOW$/, 'the headers of its answer are too large'],
  [/^SWITCHED_PROTOCOLS$/, 'it switches to another protocol (101)'],
  [/^HPE_/, 'what it answers is not HTTP'],
  [/^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/, 'its certificate is not valid'],
  [/^(?:EPROTO|ERR_SSL_)/, 'no secure connection could be made'],
]

export function toUnreachable(service: string, cause: unknown): RpcFault {
  return new RpcFault(
    502,
    'internal',
    `the service ${service}: its server cannot be reached: ${wordsFor(cause)}`,
    { cause },
  )
}

function wordsFor(cause: unknown): string {
  if (cause instanceof OutboundError) return OUTBOUND[cause.fault] ?? 'there is no way to it'
  // Of several addresses none could be reached.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const { code = '' } = first as { code?: string }
  return WORDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'the connection failed'
}

const OUTBOUND: Readonly<Record<string, string>> = {
  unresolved: 'its host name was not found',
  address:
    'its host name means a private address: the operator can allow that with privateAddresses: true',
  deadline: 'it does not accept a connection in time',
}

/** It answered with something that no MCP server answers. */
export function toUnusable(service: string, what: string, status?: number): RpcFault {
  return new RpcFault(502, 'internal', `the service ${service}: its server ${what}`, {
    ...(status !== undefined && { data: { status } }),
  })
}
