/**
 * The yardstick: a bare pipe from HTTP to a child's stdin and back. No checks, no limits, no streams,
 * no endings: less cannot be done with Node.
 *
 * Its arguments: a port, or the path of a socket, to listen on; then the command of the server.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Message {
  id?: unknown
  method?: string
}

interface Waiting {
  readonly id: unknown
  readonly response: ServerResponse
}

interface Session {
  readonly id: string
  readonly child: ChildProcess
  readonly waiting: Map<number, Waiting>
  lastId: number
}

const [place = '', command = '', ...args] = process.argv.slice(2)
const sessions = new Map<string, Session>()

function begin(): Session {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const session = { id: randomUUID(), child, waiting: new Map<number, Waiting>(), lastId: 0 }
  let held = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n')
    held = lines.pop() ?? ''
    for (const line of lines) answer(session, JSON.parse(line) as Message)
  })
  sessions.set(session.id, session)
  return session
}

function answer({ id, waiting }: Session, message: Message): void {
  const found = waiting.get(message.id as number)
  if (found === undefined) return
  waiting.delete(message.id as number)
  message.id = found.id
  const headers = { 'content-type': 'application/json', 'mcp-session-id': id }
  const body = JSON.stringify(message)
  found.response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

function handle(request: IncomingMessage, response: ServerResponse, text: string): void {
  const session = sessions.get(String(request.headers['mcp-session-id'])) ?? begin()
  if (request.method === 'DELETE') {
    sessions.delete(session.id)
    session.child.stdin?.end()
    response.writeHead(200, { 'content-length': 0 }).end()
    return
  }
  const message = JSON.parse(text) as Message
  if (message.id === undefined) response.writeHead(202).end()
  else {
    session.lastId += 1
    session.waiting.set(session.lastId, { id: message.id, response })
    message.id = session.lastId
  }
  session.child.stdin?.write(`${JSON.stringify(message)}\n`)
}

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  request.once('end', () => handle(request, response, text))
})
// As ours: connections wait while others open theirs.
server.keepAliveTimeout = 75_000
if (place.startsWith('/')) server.listen(place)
else server.listen(Number(place), '127.0.0.1')
