/**
 * JSON lines on stdout, one process name each, secrets redacted by field name.
 *
 * Fields every room uses: `request_id` (Envoy's), `user`, `client_id`, `service`, `err`.
 */

import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogLevel } from './environment.ts'
import { currentRequest } from './request-context.ts'

export type Log = Logger

/** Names under which no value is ever printed, at the top or one level down. */
const REDACTED = new Set([
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
])
const CENSOR = '[redacted]'

export function createLog(
  name: string,
  level: LogLevel,
  destination: DestinationStream = gatherLines(pino.destination({ fd: 1, sync: true })),
): Log {
  const log = pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      timestamp: isoTime,
      mixin: ownRequest,
      // Not pino's own redaction, which takes ten times as long as the rest of the line.
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: toErrorMembers },
    },
    destination,
  )
  const { child } = log
  // What a child carries passes no formatter; children inherit this from their parent.
  log.child = function (this: Log, bindings: Members, options) {
    return child.call(this, redact(bindings), options)
  } as typeof child
  return log
}

let toldAt: number | undefined
let told = ''

/** As pino's, which writes the same text anew for each line of one millisecond. */
function isoTime(): string {
  const now = Date.now()
  if (now !== toldAt) {
    toldAt = now
    told = `,"time":"${new Date(now).toISOString()}"`
  }
  return told
}

type Members = Record<string, unknown>

/** Of the request that is being answered, in the rooms that say which that is. */
function ownRequest(): Members {
  const requestId = currentRequest()?.requestId
  return requestId === undefined ? {} : { request_id: requestId }
}

/**
 * Of what an error carries beside its words, names and numbers alone: libraries hang on it what they were given to do,
 * which may be a password (`command` of a store, `spawnargs` of a program, `input` of a URL, `cmd` of a shell).
 */
function toErrorMembers(error: Error): unknown {
  if (!(error instanceof Error)) return redactMembers(error)
  const told: Members = { ...pino.stdSerializers.err(error) }
  for (const [name, member] of Object.entries(told)) {
    if (!ERROR_MEMBERS.has(typeof member) || GIVEN.has(name)) delete told[name]
  }
  // Of several addresses that were tried the error itself says nothing.
  if (error instanceof AggregateError) told['errors'] = error.errors.map(String)
  const { code } = told
  const shown = redactMembers(told) as Members
  // The system's, not one of OAuth's.
  return typeof code === 'string' && SYSTEM_CODE.test(code) ? { ...shown, code } : shown
}

const SYSTEM_CODE = /^E[A-Z0-9_]+$/

/** Texts that were given. */
const GIVEN: ReadonlySet<string> = new Set(['input', 'cmd', 'spawnfile'])

const ERROR_MEMBERS: ReadonlySet<string> = new Set(['string', 'number', 'boolean'])

/** At the top, and one level down. */
function redact(record: Members): Members {
  return replaceMembers(record, redactMembers)
}

function redactMembers(value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null && !(value instanceof Error)
  return isPlain ? replaceMembers(value as Members, (member) => member) : value
}

/** A copy only where something has to be hidden. */
function replaceMembers(members: Members, replace: (member: unknown) => unknown): Members {
  let replaced: Members | undefined
  for (const name of Object.keys(members)) {
    const member = REDACTED.has(name) ? CENSOR : replace(members[name])
    if (member === members[name]) continue
    replaced ??= { ...members }
    replaced[name] = member
  }
  return replaced ?? members
}

/**
 * One system call for all lines of one turn of the event loop. None is kept longer than that, and none
 * is lost when the process exits.
 */
function gatherLines(sink: DestinationStream): DestinationStream & { flushSync(): void } {
  let lines = ''
  const flushSync = (): void => {
    if (lines === '') return
    const gathered = lines
    lines = ''
    sink.write(gathered)
  }
  process.on('exit', flushSync)
  return {
    write(line) {
      if (lines === '') setImmediate(flushSync)
      lines += line
    },
    flushSync,
  }
}

/** The header in which Envoy hands one request's id to every room. */
export const REQUEST_ID_HEADER = 'x-request-id'
