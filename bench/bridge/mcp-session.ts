/** One MCP session of the load, and the check that each answer is its own. */

import { type Address, type Answer, type Connection, connect } from './connection.ts'

/** What one bridge wants in every request. */
export interface Door {
  readonly address: Address
  readonly path: string
  /** By the number of the session: each is another person's. */
  readonly headers: (number: number) => Readonly<Record<string, string>>
}

export interface McpSession {
  /** Opens it, by `initialize` and the notification after it; the result is how long the answer took, in ms. */
  open(): Promise<number>
  /** @throws Error when the answer is another one's, or wrong. */
  call(): Promise<void>
  /** What every server can do. @throws Error when it names no tool. */
  list(): Promise<void>
  /** The status of the answer to DELETE. */
  end(): Promise<number>
  close(): void
}

const REVISION = '2025-06-18'
const SESSION_ID = /\r\nmcp-session-id: *([^\r]+)/i

export async function createSession(door: Door, number: number): Promise<McpSession> {
  let connection = await connect(door.address)
  let head = formatHead(door, number, {})
  let calls = 0
  const post = async (message: object): Promise<Answer> => {
    // Some close what was not used for five seconds, and others may take that long to open theirs.
    if (!connection.isOpen) connection = await connect(door.address)
    return await connection.ask(withBody(head, message))
  }
  return {
    async open() {
      const began = performance.now()
      const answer = await post(INITIALIZE)
      const took = performance.now() - began
      const id = SESSION_ID.exec(answer.head)?.[1]
      if (id === undefined || resultOf(answer, 0)['protocolVersion'] !== REVISION) {
        throw new Error(`no session: ${describe(answer)}`)
      }
      head = formatHead(door, number, {
        'mcp-session-id': id,
        'mcp-protocol-version': REVISION,
      })
      const noted = await post({ jsonrpc: '2.0', method: 'notifications/initialized' })
      if (noted.status >= 300) throw new Error(`initialized was refused: ${describe(noted)}`)
      return took
    },
    async call() {
      calls += 1
      // The same ids in all sessions, another text in each: what is mixed up shows.
      const message = `session ${number} call ${calls}`
      const params = { name: 'echo', arguments: { message } }
      const answer = await post({ jsonrpc: '2.0', id: calls, method: 'tools/call', params })
      const [content] = resultOf(answer, calls)['content'] as readonly { text?: string }[]
      if (content?.text !== ECHO + message) throw new Error(`wrong answer: ${describe(answer)}`)
    },
    async list() {
      calls += 1
      const answer = await post({ jsonrpc: '2.0', id: calls, method: 'tools/list' })
      const tools = resultOf(answer, calls)['tools']
      if (!Array.isArray(tools) || tools.length === 0) throw new Error(describe(answer))
    },
    end: async () => (await endSession(connection, head)).status,
    close: () => connection.close(),
  }
}

/** As the tool of server-everything answers. */
const ECHO = 'Echo: '

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: REVISION,
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  },
}

function formatHead({ path, headers }: Door, number: number, more: Record<string, string>): string {
  const all = {
    host: '127.0.0.1',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers(number),
    ...more,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}`
}

function withBody(head: string, message: object): string {
  const body = JSON.stringify(message)
  return `${head}content-length: ${body.length}\r\n\r\n${body}`
}

function endSession(connection: Connection, head: string): Promise<Answer> {
  return connection.ask(`${head.replace('POST', 'DELETE')}content-length: 0\r\n\r\n`)
}

/** @throws Error for anything but the result of this very request. */
function resultOf(answer: Answer, id: number): Readonly<Record<string, unknown>> {
  const text = answer.body.startsWith('{') ? answer.body : lastEventOf(answer.body)
  const { id: answered, result } = (text === '' ? {} : JSON.parse(text)) as {
    id?: unknown
    result?: Readonly<Record<string, unknown>>
  }
  if (answer.status === 200 && answered === id && result !== undefined) return result
  throw new Error(`wrong answer to request ${id}: ${describe(answer)}`)
}

function lastEventOf(stream: string): string {
  const begin = stream.lastIndexOf('data: {')
  return begin < 0 ? '' : stream.slice(begin + 'data: '.length, endOfLine(stream, begin))
}

function endOfLine(text: string, from: number): number {
  const [cr, lf] = [text.indexOf('\r', from), text.indexOf('\n', from)]
  return cr >= 0 && cr < lf ? cr : lf
}

const SHOWN = 300

function describe({ status, body }: Answer): string {
  return `${status} ${body.slice(0, SHOWN)}`
}
