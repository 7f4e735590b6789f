/** Raw MCP over the bridge, for what an SDK client would never send. */

import type { Bridge, Caller } from './bridge.ts'

export interface RawOptions {
  readonly caller?: Caller | undefined
  readonly session?: string | undefined
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly signal?: AbortSignal
}

export interface RpcBody {
  readonly id?: unknown
  readonly result?: Record<string, unknown>
  readonly error?: { code: number; message: string; data?: Record<string, unknown> }
  readonly method?: string
  readonly params?: Record<string, unknown>
}

export const BOTH = 'application/json, text/event-stream'

export function send(
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  body: unknown,
  options: RawOptions = {},
): Promise<Response> {
  const headers: Record<string, string> = { accept: options.accept ?? BOTH, ...options.headers }
  if (options.session !== undefined) headers['mcp-session-id'] = options.session
  if (body !== undefined) headers['content-type'] = 'application/json'
  return bridge.fetch(options.caller)(`http://gateway/${service}/mcp`, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  })
}

function isRaw(body: unknown): body is string | Buffer<ArrayBuffer> {
  return typeof body === 'string' || Buffer.isBuffer(body)
}

/** The answer, whether it came as JSON or as the last event of a stream. */
export async function json(response: Response | Promise<Response>): Promise<RpcBody> {
  const answer = await response
  if (answer.headers.get('content-type') !== 'text/event-stream') {
    return (await answer.json()) as RpcBody
  }
  const last = (await allEvents(answer)).at(-1)
  if (last === undefined) throw new Error('a stream without events')
  return last
}

export const rpc = (method: string, params: object = {}, id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})

export const note = (method: string, params: object = {}): object => ({
  jsonrpc: '2.0',
  method,
  params,
})

export const initializeBody = (protocolVersion = '2025-11-25', capabilities: object = {}) =>
  rpc('initialize', { protocolVersion, capabilities, clientInfo: { name: 'raw', version: '1' } }, 0)

/** A session's id and the answer to its `initialize`. */
export async function open(
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  options: RawOptions & { version?: string; capabilities?: object } = {},
): Promise<{ id: string; answer: RpcBody }> {
  const body = initializeBody(options.version, options.capabilities)
  const response = await send(bridge, service, body, options)
  const id = response.headers.get('mcp-session-id')
  const answer = await json(response)
  if (id === null) throw new Error(`no session: ${response.status} ${JSON.stringify(answer)}`)
  await send(bridge, service, note('notifications/initialized'), { ...options, session: id })
  return { id, answer }
}

export interface EventFrame {
  readonly id: string | undefined
  readonly retry: string | undefined
  /** Undefined in what is no event, e.g. a comment. */
  readonly data: string | undefined
}

/** What stands between the blank lines of an event stream, as it comes. */
export async function* frames(response: Response): AsyncGenerator<EventFrame> {
  const decoder = new TextDecoder()
  let text = ''
  let last = ''
  for await (const chunk of response.body ?? []) {
    const piece = decoder.decode(chunk, { stream: true })
    const isComplete = (last + piece).includes('\n\n')
    text += piece
    last = piece.slice(-1)
    // Of one that is large only the end is looked at each time.
    if (!isComplete) continue
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      const lines = part.split('\n')
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      yield { id: field('id'), retry: field('retry'), data: field('data') }
    }
  }
}

/** The messages of an event stream, as they come. */
export async function* events(response: Response): AsyncGenerator<RpcBody> {
  for await (const { data } of frames(response)) {
    if (data !== undefined && data !== '') yield JSON.parse(data) as RpcBody
  }
}

export async function allEvents(response: Response): Promise<RpcBody[]> {
  const found: RpcBody[] = []
  for await (const event of events(response)) found.push(event)
  return found
}

export interface FixtureInfo {
  readonly pid: number
  /** The capabilities of its client, and who that is. */
  readonly saw: object
  readonly client: object
}

/** What fixtures tell about themselves in `initialize`. */
export function fixtureInfo(answer: RpcBody): FixtureInfo {
  const info = answer.result?.['serverInfo'] as FixtureInfo | undefined
  if (info === undefined) throw new Error('no serverInfo')
  return info
}
