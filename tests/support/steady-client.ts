/** Clients of a running gateway that notice whatever a change of its configuration would cost them. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Send, sendByFetch } from './http.ts'
import { createOAuthClient } from './oauth-client.ts'
import { readTokens } from './obtain-tokens.ts'
import { createPerson } from './person.ts'
import type { FetchLike } from './socket-fetch.ts'

export interface RpcAnswer {
  readonly status: number
  readonly body: {
    readonly result?: Record<string, unknown>
    readonly error?: { readonly code: number; readonly message: string }
  }
}

export interface Caller {
  /** `initialize`; the calls after it are of this session. @returns the status. */
  begin(): Promise<number>
  call(method: string, params?: object): Promise<RpcAnswer>
  /** Opens the listening stream. */
  listen(): Promise<Listening>
}

export interface Listening {
  /** Everything that came so far. */
  readonly text: () => string
  readonly isOpen: () => boolean
  close(): void
}

/** A login of one person for one service, by the dev provider. */
export async function logIn(
  fetch: FetchLike,
  issuer: string,
  resource: string,
  username = 'alice',
): Promise<string> {
  const send: Send = sendByFetch(fetch)
  const client = createOAuthClient(send, issuer)
  const { client_id } = await client.register()
  const { url, verifier } = client.begin(client_id, { resource })
  const redirect = await createPerson(send).authorize(url, { username })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: new URL(url).searchParams.get('redirect_uri') ?? '',
    client_id,
  })
  return readTokens(answer).access_token
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'steady', version: '1' },
}

export function createCaller(fetch: FetchLike, endpoint: string, token: string): Caller {
  let session: string | undefined
  const headers = (accept: string): Record<string, string> => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept,
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
  })
  const post = (method: string, params: object): Promise<Response> =>
    fetch(endpoint, {
      method: 'POST',
      headers: headers('application/json'),
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
  return {
    async begin() {
      session = undefined
      const answer = await post('initialize', INITIALIZE)
      session = answer.headers.get('mcp-session-id') ?? undefined
      await answer.text()
      return answer.status
    },
    async call(method, params = {}) {
      const answer = await post(method, params)
      return { status: answer.status, body: (await answer.json()) as RpcAnswer['body'] }
    },
    async listen() {
      const ending = new AbortController()
      const answer = await fetch(endpoint, {
        headers: headers('text/event-stream'),
        signal: ending.signal,
      })
      let text = ''
      let isOpen = answer.status === 200
      const read = async (): Promise<void> => {
        for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
      }
      read()
        .catch(() => {})
        .finally(() => {
          isOpen = false
        })
      return { text: () => text, isOpen: () => isOpen, close: () => ending.abort() }
    },
  }
}

export interface Load {
  /** Every answer that was not a good one, in words. */
  readonly failures: readonly string[]
  /** How many were answered so far. */
  count(): number
  stop(): Promise<void>
}

const AT_ONCE = 3
const PAUSE_MS = 10
const TRIES_MAX = 4

/** On a busy machine the edge may be late and say so: what a 503 with Retry-After says is done. */
async function callPatiently(caller: Caller): Promise<RpcAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await caller.call('load')
    if (answer.status !== 503 || attempt === TRIES_MAX) return answer
    await sleep(1000)
  }
}

/** Calls without end; each failure is kept. */
export function startLoad(caller: Caller): Load {
  const failures: string[] = []
  let isOver = false
  let count = 0
  const run = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { status, body } = await callPatiently(caller)
        if (status !== 200 || body.result === undefined) {
          failures.push(`${status} ${JSON.stringify(body)}`)
        }
      } catch (error) {
        failures.push(String(error))
      }
      count += 1
      await sleep(PAUSE_MS)
    }
  }
  const running = Array.from({ length: AT_ONCE }, run)
  return {
    failures,
    count: () => count,
    async stop() {
      isOver = true
      await Promise.all(running)
    },
  }
}

export interface Turn {
  /** The statuses in the order in which they came, each once in a row. */
  readonly statuses: readonly number[]
  readonly tookMs: number
}

const TURN_MS_MAX = 20_000

/** Asks again and again until the status is this one. */
export async function untilStatus(ask: () => Promise<number>, wanted: number): Promise<Turn> {
  const statuses: number[] = []
  const startedAt = performance.now()
  for (;;) {
    const status = await ask()
    if (statuses.at(-1) !== status) statuses.push(status)
    const tookMs = Math.round(performance.now() - startedAt)
    if (status === wanted) return { statuses, tookMs }
    if (tookMs > TURN_MS_MAX) throw new Error(`never ${wanted} but ${statuses}`)
    await sleep(PAUSE_MS)
  }
}
