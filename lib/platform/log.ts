/**
 * JSON lines on stdout, one process name each, secrets redacted by field name.
 *
 * Fields every room uses: `request_id` (Envoy's), `user`, `client_id`, `service`, `err`.
 */

import { type Logger, pino } from 'pino'
import type { LogLevel } from './environment.ts'

export type Log = Logger

/** Names under which no value is ever printed, at the top or one level down. */
const REDACTED = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'client_secret',
  'client_assertion',
  'token',
  'access_token',
  'refresh_token',
  'registration_access_token',
  'code',
  'code_verifier',
  'state',
  'x-gateway-edge',
]

export function createLog(name: string, level: LogLevel): Log {
  return pino({
    name,
    level,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: REDACTED.flatMap((field) => [`["${field}"]`, `*["${field}"]`]),
      censor: '[redacted]',
    },
  })
}

/** The header in which Envoy hands one request's id to every room. */
export const REQUEST_ID_HEADER = 'x-request-id'
