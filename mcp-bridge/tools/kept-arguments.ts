/**
 * What a tool was called with, for services whose operator has asked to keep it: bounded, and without what is
 * named like a secret. It is no proof against secrets in other places.
 */

import {
  AUDIT_ARGUMENTS_CHARACTERS_MAX,
  AUDIT_BODY_BYTES_MAX,
  AUDIT_TEXT_CHARACTERS_MAX,
} from '../limits.ts'

const SECRETIVE =
  /passw|passphrase|secret|token|credential|authorization|cookie|private.?key|api.?key|^(?:pin|otp|pwd)$/i

/** `bytes`: of the body they came with. */
export function toKeptArguments(values: unknown, bytes: number): string {
  if (bytes > AUDIT_BODY_BYTES_MAX) return `(not kept: ${bytes} bytes)`
  try {
    return cut(JSON.stringify(values, keep) ?? '', AUDIT_ARGUMENTS_CHARACTERS_MAX)
  } catch {
    return '(not kept: nested too deeply)'
  }
}

function keep(name: string, value: unknown): unknown {
  if (SECRETIVE.test(name)) return '[redacted]'
  return typeof value === 'string' ? cut(value, AUDIT_TEXT_CHARACTERS_MAX) : value
}

function cut(text: string, charactersMax: number): string {
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text
}
