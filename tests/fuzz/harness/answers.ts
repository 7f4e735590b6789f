/** What holds for every answer of the authorization server, whatever was asked. */

import assert from 'node:assert/strict'
import type { Answer } from './send.ts'

/** RFC 6749 sections 4.1.2.1 and 5.2, and Envoy's own; RFC 6750, 7009, 7591, 7592, 8628, 8707, 9101, 9126. */
const ERROR =
  /^(?:not_found|invalid_[a-z_]+|unsupported_[a-z_]+|unauthorized_client|access_denied|authorization_pending|slow_down|expired_token|request_not_supported|request_uri_not_supported|login_required|consent_required|interaction_required|insufficient_scope)$/
/** RFC 6749 section 5.2. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

/** @returns a word for what it is. */
export function assertAnswer(answer: Answer): string {
  const { status, headers, text } = answer
  assert.ok(status >= 200 && status < 500, `${status}: ${text}`)
  const type = headers['content-type'] ?? ''
  if (type.startsWith('text/html')) assertPage(answer)
  else if (type.startsWith('application/json')) {
    assert.equal(headers['x-content-type-options'], 'nosniff')
    // HEAD is told the same, without a body.
    if (status >= 400 && text !== '') return assertError(answer)
  } else if (status !== 421) assert.ok(text === '' || status < 400, `${status} ${type}: ${text}`)
  return `${status}`
}

export function assertError({ status, text }: Answer): string {
  const body = JSON.parse(text) as Record<string, unknown>
  assert.match(String(body['error']), ERROR, text)
  assert.match(String(body['error_description'] ?? ''), DESCRIPTION)
  assert.ok(status !== 401 || body['error'] !== 'invalid_grant')
  return String(body['error'])
}

/** No element, attribute or address but the page's own. */
function assertPage({ headers, text }: Answer): void {
  assert.match(headers['content-security-policy'] as string, /default-src 'none'/)
  assert.doesNotMatch(text, /<(?:fz|script|img|svg|iframe|object|embed|base)/i)
  const unquoted = text.replaceAll(/="[^"]*"/g, '=""')
  assert.doesNotMatch(unquoted, /<[^>]*\s(?:on\w+|style|srcdoc|formaction)\s*=/i)
  assert.doesNotMatch(text, /(?:href|src|action)="\s*(?:javascript|data|vbscript):/i)
}
