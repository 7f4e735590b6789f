/** Whether a guard answers rightly, before anything is measured: a fast wrong answer is worth nothing. */

import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Guard, GuardName } from './guards.ts'
import { waitUntil } from './processes.ts'
import { HOST, ISSUER, type Mint, PATH, USER } from './tokens.ts'

export interface Answer {
  readonly status: number
  /** Whom the MCP server was told is calling. */
  readonly user: string
  readonly sawToken: boolean
}

export function ask(port: number, token?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = {
    host: HOST,
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  const sent = request({
    port,
    host: '127.0.0.1',
    path: PATH,
    method: 'POST',
    headers,
    agent: false,
  })
  sent.once('error', reject)
  sent.once('response', (response) => {
    response.resume()
    resolve({
      status: response.statusCode ?? 0,
      user: String(response.headers['x-seen-user'] ?? ''),
      sawToken: response.headers['x-seen-token'] === 'yes',
    })
  })
  sent.end('{"jsonrpc":"2.0","id":1,"method":"ping"}')
  return promise
}

export async function untilServing({ name, port }: Guard, mint: Mint): Promise<void> {
  await waitUntil(`an answer from ${name}`, async () => {
    try {
      return (await ask(port, mint.mint())).status === 200
    } catch {
      // Envoy does not listen yet.
      return false
    }
  })
}

/** Only these know of revocation. */
const KNOWS_REVOCATION: readonly GuardName[] = ['textbook', 'ours', 'ours-new']

/** @throws Error that lists every wrong answer. */
export async function requireRightAnswers(
  { name, port }: Guard,
  { mint, revokedToken }: { mint: Mint; revokedToken: string },
): Promise<void> {
  const good = mint.mint()
  const refused = name === 'floor' ? 200 : 401
  // Envoy knows the token, and forbids its use here.
  const misdirected = name.startsWith('jwt') ? 403 : refused
  const expected: readonly [string, string | undefined, number][] = [
    ['a good token', good, 200],
    ['no token', undefined, refused],
    ['garbage', 'garbage', refused],
    ['a forged signature', forge(good), refused],
    ['a token for another service', mint.mint({ aud: `${ISSUER}/time/mcp` }), misdirected],
    ['a token that has expired', mint.mint({ exp: 1 }), refused],
    ['a revoked token', revokedToken, KNOWS_REVOCATION.includes(name) ? 401 : 200],
  ]
  const faults: string[] = []
  for (const [what, token, status] of expected) {
    const answer = await askUntilKnown(port, token)
    if (answer.status !== status) faults.push(`${what} meets ${answer.status}, not ${status}`)
    faults.push(...identityFaults(name, answer).map((fault) => `${what}: ${fault}`))
  }
  if (faults.length > 0) throw new Error(`${name} answers wrongly: ${faults.join('; ')}`)
}

const UNKNOWN = 503
const TRIES_MAX = 10
const TRY_AGAIN_MS = 200

/** On a busy machine one may be told to come again: that decides nothing. */
async function askUntilKnown(port: number, token: string | undefined): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(port, token)
    if (answer.status !== UNKNOWN || attempt === TRIES_MAX) return answer
    await sleep(TRY_AGAIN_MS)
  }
}

/** Whoever authenticates says who calls, and keeps the token to itself. */
function identityFaults(name: GuardName, { status, user, sawToken }: Answer): readonly string[] {
  if (name === 'floor' || status !== 200) return []
  return [
    ...(user === USER ? [] : [`the upstream hears of "${user}"`]),
    ...(sawToken ? ['the upstream sees the token'] : []),
  ]
}

function forge(token: string): string {
  const last = token.lastIndexOf('.') + 1
  const other = token[last] === 'A' ? 'B' : 'A'
  return `${token.slice(0, last)}${other}${token.slice(last + 1)}`
}
