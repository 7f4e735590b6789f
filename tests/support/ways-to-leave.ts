/** Ways in which clients use a session and leave it, most of them without a word. */

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bridge, Caller } from './bridge.ts'
import {
  allEvents,
  BOTH,
  fixtureInfo,
  frames,
  initializeBody,
  json,
  note,
  open,
  type RpcBody,
  rpc,
  send,
} from './mcp.ts'

export interface Visit {
  readonly bridge: Bridge
  readonly service: string
  readonly caller: Caller & { readonly grant: string }
  /** Whether the server is this session's own. */
  readonly isAlone: boolean
  revoke(grant: string): Promise<void>
}

export type Way = (visit: Visit) => Promise<void>

/** In front of `works-slowly.ts`. */
export const WAYS: Readonly<Record<string, Way>> = {
  'without a word': async (visit) => void (await begin(visit)),

  'with DELETE, and again': async (visit) => {
    const { id } = await begin(visit)
    await ask(visit, id, undefined, { method: 'DELETE' })
    await ask(visit, id, undefined, { method: 'DELETE' })
  },

  'with DELETE in the middle of a call': async (visit) => {
    const { id } = await begin(visit)
    const call = ask(visit, id, WORK)
    await sleep(SOON_MS)
    await ask(visit, id, undefined, { method: 'DELETE' })
    await drain(call)
  },

  'cut in the middle of a call': async (visit) => {
    const { id } = await begin(visit)
    await leaving(ask(visit, id, WORK, { signal: AbortSignal.timeout(SOON_MS) }))
  },

  'cut in the middle of initialize': async (visit) => {
    await leaving(ask(visit, undefined, initializeBody(), { signal: AbortSignal.timeout(10) }))
  },

  'after initialize': async (visit) => {
    await drain(ask(visit, undefined, initializeBody()))
  },

  'cut in the middle of a batch': async (visit) => {
    const { id } = await begin(visit, '2025-03-26')
    const batch = [rpc('echo', {}, 1), { ...WORK, id: 2 }]
    await leaving(ask(visit, id, batch, { signal: AbortSignal.timeout(SOON_MS) }))
  },

  'cut in the middle of a body': async (visit) => {
    const { id } = await begin(visit)
    const request = beginPost(visit, id)
    request.write('{"jsonrpc":')
    await sleep(SOON_MS)
    request.destroy()
  },

  'with a body that stays half for a while': async (visit) => {
    const { id } = await begin(visit)
    const request = beginPost(visit, id)
    request.write('{"jsonrpc":')
    await sleep(1000)
    request.destroy()
  },

  'with a body that is none': async (visit) => {
    const { id } = await begin(visit)
    await drain(ask(visit, id, '{"jsonrpc":'))
    await drain(ask(visit, id, '[]'))
  },

  'from a listening stream': async (visit) => {
    const { id } = await begin(visit)
    await leaving(drain(ask(visit, id, undefined, { signal: AbortSignal.timeout(SOON_MS) })))
  },

  'with DELETE while a stream listens': async (visit) => {
    const { id } = await begin(visit)
    const listening = ask(visit, id, undefined)
    await sleep(SOON_MS)
    await ask(visit, id, undefined, { method: 'DELETE' })
    await drain(listening)
  },

  'after a cancelled call': async (visit) => {
    const { id } = await begin(visit)
    const call = ask(visit, id, { ...WORK, id: 7 })
    await sleep(SOON_MS)
    await drain(ask(visit, id, note('notifications/cancelled', { requestId: 7 })))
    await drain(call)
  },

  'without reading': async (visit) => {
    const { id } = await begin(visit)
    const { request, response } = post(visit, id, rpc('work', { bytes: 2_000_000 }))
    ;(await response).pause()
    await sleep(300)
    request.destroy()
  },

  'from a resumed stream': async (visit) => {
    const { id } = await begin(visit)
    const seen = await firstEventId(visit, id)
    const headers = { 'last-event-id': seen }
    const signal = AbortSignal.timeout(SOON_MS)
    await leaving(drain(ask(visit, id, undefined, { headers, signal })))
  },

  'without an answer to what it was asked': async (visit) => {
    const { id } = await begin(visit, undefined, { roots: {} })
    await drain(ask(visit, id, rpc('ask', { id: 'a', what: 'roots/list' })))
  },

  'while others try it': async (visit) => {
    const { id } = await begin(visit)
    const other = { ...visit, caller: { ...visit.caller, user: 'dev:somebody-else' } }
    await drain(ask(other, id, rpc('echo')))
    await drain(ask(visit, 'no-such-session', rpc('echo')))
  },

  'revoked in the middle of a call': async (visit) => {
    const { id } = await begin(visit)
    const [call, listening] = [ask(visit, id, WORK), ask(visit, id, undefined)]
    await sleep(SOON_MS)
    await visit.revoke(visit.caller.grant)
    await Promise.all([leaving(drain(call)), leaving(drain(listening))])
  },

  'after its server was killed': async (visit) => {
    const { id, answer } = await begin(visit)
    if (!visit.isAlone) return
    const call = ask(visit, id, WORK)
    await sleep(SOON_MS)
    process.kill(fixtureInfo(answer).pid, 'SIGKILL')
    await leaving(drain(call))
  },

  'after its server has ended': async (visit) => {
    const { id } = await begin(visit)
    if (!visit.isAlone) return
    await leaving(drain(ask(visit, id, rpc('die', { ms: 10 }))))
    await leaving(drain(ask(visit, id, WORK)))
  },
}

/** Long enough that a client can leave in the middle. */
const WORK = rpc('work', { ms: 300 })
const SOON_MS = 40

interface Opened {
  readonly id: string
  readonly answer: RpcBody
}

/** A session that has been used. */
async function begin(
  { bridge, service, caller }: Visit,
  version?: string,
  capabilities: object = {},
): Promise<Opened> {
  const options = { caller, capabilities, ...(version !== undefined && { version }) }
  const opened = await open(bridge, service, options)
  await drain(send(bridge, service, rpc('echo'), { caller, session: opened.id }))
  return opened
}

type Options = Parameters<typeof send>[3]

function ask(
  { bridge, service, caller }: Visit,
  session: string | undefined,
  body: unknown,
  options: Options = {},
): Promise<Response> {
  return send(bridge, service, body, { caller, session, ...options })
}

async function drain(response: Promise<Response>): Promise<void> {
  await (await response).text()
}

/** Whoever has left gets no answer, and expects none. */
async function leaving(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {})
}

function beginPost({ bridge, service, caller }: Visit, session: string): ClientRequest {
  const request = httpRequest({
    socketPath: bridge.socket,
    agent: false,
    method: 'POST',
    path: `/${service}/mcp`,
    headers: {
      ...bridge.headers(caller),
      accept: BOTH,
      'content-type': 'application/json',
      'mcp-session-id': session,
      'transfer-encoding': 'chunked',
    },
  })
  request.on('error', () => {})
  return request
}

function post(visit: Visit, session: string, body: object) {
  const request = beginPost(visit, session)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once('error', reject)
  request.once('response', (response) => {
    response.on('error', () => {})
    resolve(response)
  })
  request.end(JSON.stringify(body))
  return { request, response: promise }
}

async function firstEventId(visit: Visit, session: string): Promise<string> {
  const leave = new AbortController()
  const call = rpc('work', { ms: 50, steps: 5, _meta: { progressToken: 'p' } })
  const response = await ask(visit, session, call, { signal: leave.signal })
  for await (const { id } of frames(response)) {
    if (id === undefined) continue
    leave.abort()
    return id
  }
  throw new Error('a stream without ids')
}

/** So that no way is counted which never began. */
export async function provesItself(visit: Visit): Promise<void> {
  const { id } = await begin(visit)
  const answer = await json(ask(visit, id, rpc('work', { steps: 2 })))
  if (answer.result === undefined) throw new Error(`no work: ${JSON.stringify(answer)}`)
  await allEvents(await ask(visit, id, rpc('echo'), { accept: 'text/event-stream' }))
}
