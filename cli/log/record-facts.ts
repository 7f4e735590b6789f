/** What a record tells, whichever part wrote it: the one place that knows under which names they do. */

import { decodeIdentity } from '../../lib/oauth/identity-headers.ts'
import { roomOf } from '../instance/part-names.ts'
import type { LogRecord } from './log-record.ts'

export interface RecordFacts {
  /** Envoy's id of the request. */
  readonly request: string | undefined
  /** `sub` of the person. */
  readonly user: string | undefined
  readonly client: string | undefined
  readonly service: string | undefined
}

export function factsOf(record: LogRecord): RecordFacts {
  const { fields } = record
  return {
    request: textOf(fields, 'request_id'),
    user: callerOf(record, 'user'),
    client: callerOf(record, 'client_id'),
    service: textOf(fields, 'service'),
  }
}

/** A request as Envoy saw it: each has exactly one such line. */
export interface AccessFacts extends RecordFacts {
  readonly status: number
  readonly path: string
  readonly address: string | undefined
  /** Why ext-authz said no. */
  readonly reason: string | undefined
  /** In Envoy's words, what came of it. */
  readonly details: string | undefined
}

export function accessOf(record: LogRecord): AccessFacts | undefined {
  if (roomOf(record.name) !== 'envoy' || record.msg !== 'request') return undefined
  const { fields } = record
  return {
    ...factsOf(record),
    status: Number(fields['status'] ?? 0),
    path: textOf(fields, 'path') ?? '',
    address: textOf(fields, 'address'),
    reason: textOf(fields, 'reason'),
    details: textOf(fields, 'details'),
  }
}

/** What the bridge was asked in MCP's words. */
export interface ExchangeFacts extends RecordFacts {
  readonly method: string | undefined
  readonly tool: string | undefined
  readonly tookMs: number
}

export function exchangeOf(record: LogRecord): ExchangeFacts | undefined {
  if (roomOf(record.name) !== 'mcp-bridge' || record.msg !== 'request') return undefined
  const { fields } = record
  return {
    ...factsOf(record),
    method: textOf(fields, 'method'),
    tool: textOf(fields, 'tool'),
    tookMs: Number(fields['duration_ms'] ?? 0),
  }
}

/** Envoy writes it as the identity headers have it. */
function callerOf({ name, fields }: LogRecord, member: string): string | undefined {
  const text = textOf(fields, member)
  if (text === undefined || roomOf(name) !== 'envoy') return text
  try {
    return decodeIdentity(text)
  } catch {
    return text
  }
}

function textOf(fields: LogRecord['fields'], name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
