/** What a server answered, in few words for a terminal: no control characters, no pages. The walk hides secrets. */

import type { HttpAnswer } from './http.ts'

const LENGTH_MAX = 300

/** `400 invalid_redirect_uri: must be https` or `200 text/html`. */
export function inWords({ status, headers, messages }: HttpAnswer): string {
  const [body] = messages as { error?: unknown; error_description?: unknown }[]
  const code = typeof body?.error === 'string' ? plain(body.error) : undefined
  const words =
    typeof body?.error_description === 'string' ? plain(body.error_description) : undefined
  if (code !== undefined)
    return [status, words === undefined ? code : `${code}: ${words}`].join(' ')
  return [String(status), mediaType(headers)].filter(Boolean).join(' ')
}

export function mediaType(headers: Headers): string {
  return plain((headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '')
}

/** A stranger's text, whole: half a secret is found by nobody who is to hide it. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

export function shorten(text: string): string {
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text
}

export function isRedirect({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 300 && status < 400
}

/** The JSON object of an answer; undefined where it is none, whatever it says of itself. */
export function objectOf({
  messages,
  text,
}: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  const [value] = messages
  if (messages.length !== 1 || text.trimStart().startsWith('[')) return undefined
  return recordOf(value)
}

/** Undefined for `null` too, which servers send where there is nothing. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : undefined
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function listOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.filter((one): one is string => typeof one === 'string')
}
