/**
 * What a remote server speaks, found out as the specification says (MCP 2026-07-28, Streamable HTTP, backward
 * compatibility): a request of today first, then `initialize`, then the event stream of 2024-11-05.
 */

import type { RemoteTransport } from '../../lib/catalogue/remote-launch.ts'
import { isObject } from '../../lib/platform/json.ts'
import { ABOUT_US } from '../about-us.ts'
import { LATEST_REVISION } from '../era.ts'
import { REVISION_HEADER, SESSION_HEADER } from '../exchange.ts'
import { CODES, isResponse, type RpcMessage, serialize } from '../json-rpc.ts'
import { REMOTE_PROBE_MS, REMOTE_REFUSAL_BYTES_MAX } from '../limits.ts'
import { DISCOVERY_QUESTION } from '../stateless/discovery-question.ts'
import { STATELESS_REVISION } from '../stateless/envelope.ts'
import { METHOD_HEADER } from '../stateless/mirrored-headers.ts'
import { Delivery } from './delivery.ts'
import { readEvents } from './event-reader.ts'
import { Exchange } from './exchange.ts'
import { toUnusable } from './failures.ts'
import { Inbox } from './inbox.ts'
import type { Refused } from './reply.ts'
import { ACCEPT_BOTH, ACCEPT_STREAM, JSON_TYPE, type TransportPorts } from './transport.ts'

export interface RemoteProbe {
  readonly transport: RemoteTransport
  readonly eras: { readonly sessions: boolean; readonly stateless: boolean }
}

type ProbePorts = Pick<TransportPorts, 'server' | 'inbox' | 'log'>

interface Told {
  readonly result: unknown
  readonly error: unknown
  readonly refused: Refused | undefined
}

/** Errors that only servers of today know. */
const MODERN: readonly unknown[] = [
  CODES.headerMismatch,
  CODES.missingCapability,
  CODES.unsupportedVersion,
]
/** No answer to the question, but one that says something about whoever gave it. */
const NOT_HERE = new Set([400, 404, 405])

/**
 * @param hint what the configuration says.
 * @throws RpcFault when it could not be found out: it is not there, or does not let us in.
 */
export async function probeRemote(
  ports: ProbePorts,
  hint: RemoteTransport | undefined,
): Promise<RemoteProbe> {
  if (hint === 'sse') return { transport: 'sse', eras: { sessions: true, stateless: false } }
  const stateless = await discover(ports)
  const initialized = await initialize(ports)
  const sessions = isObject(initialized.result)
  if (stateless || sessions) return { transport: 'streamable', eras: { sessions, stateless } }
  if (hint === undefined && isNotHere(initialized) && (await hasEventStream(ports))) {
    return { transport: 'sse', eras: { sessions: true, stateless: false } }
  }
  throw (
    initialized.refused?.fault ??
    toUnusable(ports.server.service, 'does not answer as an MCP server')
  )
}

/** Whether the answer to `initialize` leaves it open that this is a server of 2024-11-05. */
export function isNotHere({ error, refused }: Pick<Told, 'error' | 'refused'>): boolean {
  if (refused === undefined || !NOT_HERE.has(refused.status)) return false
  return !isModern(refused.error ?? error)
}

function isModern(error: unknown): boolean {
  return isObject(error) && MODERN.includes(error['code'])
}

/** @throws RpcFault when it is not let in, or there is nobody. */
async function discover(ports: ProbePorts): Promise<boolean> {
  const { method, params } = DISCOVERY_QUESTION
  const { result, error, refused } = await tell(ports, method, params)
  if (refused !== undefined && !NOT_HERE.has(refused.status) && refused.status < 500) {
    throw refused.fault
  }
  const told = refused?.error ?? error
  const data = isObject(told) && isModern(told) ? told['data'] : result
  return versionsIn(data).includes(STATELESS_REVISION)
}

function versionsIn(value: unknown): readonly unknown[] {
  const versions = isObject(value) ? (value['supportedVersions'] ?? value['supported']) : undefined
  return Array.isArray(versions) ? versions : []
}

async function initialize(ports: ProbePorts): Promise<Told> {
  const params = { protocolVersion: LATEST_REVISION, capabilities: {}, clientInfo: ABOUT_US }
  return await tell(ports, 'initialize', params)
}

/** A session that the question has opened is closed again. */
async function tell(ports: ProbePorts, method: string, params: unknown): Promise<Told> {
  const { server } = ports
  const exchange = new Exchange(1, Number.POSITIVE_INFINITY)
  const late = setTimeout(() => exchange.abort(), REMOTE_PROBE_MS)
  let response: RpcMessage | undefined
  const take = (message: RpcMessage): void => {
    if (isResponse(message)) response ??= message
  }
  const ignore = (): void => {}
  const delivery = new Delivery({ ...ports, message: take, oversized: ignore, failed: ignore })
  try {
    const answer = await server.ask({
      method: 'POST',
      headers: {
        accept: ACCEPT_BOTH,
        'content-type': JSON_TYPE,
        ...(method !== 'initialize' && {
          [REVISION_HEADER]: STATELESS_REVISION,
          [METHOD_HEADER]: method,
        }),
      },
      body: serialize({ jsonrpc: '2.0', id: 1, method, params }),
      signal: exchange.signal,
      isRepeatable: true,
    })
    const delivered = await delivery.read(answer, exchange)
    const sessionId = answer.headers[SESSION_HEADER]
    if (typeof sessionId === 'string') void sayGoodbye(ports, sessionId)
    const refused = typeof delivered === 'object' ? delivered : undefined
    return { result: response?.result, error: response?.error, refused }
  } finally {
    clearTimeout(late)
    exchange.abort()
  }
}

async function sayGoodbye({ server, log }: ProbePorts, sessionId: string): Promise<void> {
  try {
    const headers = { [SESSION_HEADER]: sessionId }
    const signal = AbortSignal.timeout(REMOTE_PROBE_MS)
    const answer = await server.ask({ method: 'DELETE', headers, signal })
    answer.destroy()
  } catch (error) {
    log.debug({ err: error }, 'the server could not be told that its session is over')
  }
}

/** Whether there is an event stream that names an address for messages. */
export async function hasEventStream({ server, log }: ProbePorts): Promise<boolean> {
  const exchange = new Exchange(undefined, Number.POSITIVE_INFINITY)
  const late = setTimeout(() => exchange.abort(), REMOTE_PROBE_MS)
  let hasEndpoint = false
  try {
    const { signal } = exchange
    const headers = { accept: ACCEPT_STREAM }
    const answer = await server.ask({ method: 'GET', headers, signal, isRepeatable: true })
    const isStream = answer.headers['content-type']?.startsWith(ACCEPT_STREAM) === true
    if (answer.statusCode !== 200 || !isStream) return false
    await readEvents(answer, new Inbox(REMOTE_REFUSAL_BYTES_MAX, Date.now), exchange.place, {
      event: ({ event }) => {
        hasEndpoint ||= event === 'endpoint'
        exchange.abort()
        return 1
      },
      oversized: () => false,
    })
  } catch (error) {
    log.debug({ err: error }, 'the server has no event stream')
  } finally {
    clearTimeout(late)
    exchange.abort()
  }
  return hasEndpoint
}
