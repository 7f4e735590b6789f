/** Knocks at Envoy itself, on this machine, to see whether a token is let in. */

import type { IncomingMessage } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { type Environment, readEnvironment } from '../../lib/platform/environment.ts'
import { Agent as HttpAgent, request as requestPlain } from '../../lib/platform/node-http.ts'

/**
 * Where Envoy may be found on this machine: at the port of a loopback address, which is its own; of a public one at
 * the port it is told, or published at the port of the address itself.
 */
export function portsOf(url: string, environment: Environment): [number, ...number[]] {
  const { hostname, protocol, port } = new URL(url)
  const own = Number(port) || (protocol === 'https:' ? 443 : 80)
  if (isLoopbackHost(hostname)) return [own]
  const { GATEWAY_PORT } = GATEWAY_VARIABLES
  const { GATEWAY_PORT: told } = readEnvironment({ GATEWAY_PORT }, environment)
  return told === own ? [own] : [told, own]
}

export interface EdgeKnock {
  /** False when it is not let in within a second or two, or nobody answers. */
  opens(): Promise<boolean>
  closes(): Promise<Closing>
  leave(): void
}

/** The moment (`performance.now`) since which nobody lets it in; or somebody still does; or nobody answers any more. */
export type Closing = { readonly closedAt: number } | 'open' | 'silent'

const ANSWER_MS = 2000
const OPEN_MS = 2000
const CLOSED_MS = 10_000
const STEP_MS = 5
/** At once, so that each process of the edge has to answer some. */
const TOGETHER = 16

/** How the bridge answers it: so far comes who is let in, and nobody else answers so. */
const LET_IN = 406
const REFUSED = 401

/** @param url of a service. @param port where Envoy listens on this machine. */
export function createEdgeKnock(url: string, token: string, port: number): EdgeKnock {
  const target = new URL(url)
  const isPlain = target.protocol === 'http:'
  const agent = isPlain
    ? new HttpAgent({ keepAlive: true })
    : // The certificate is for the public name. This is this machine, and the token dies within seconds.
      new TlsAgent({ keepAlive: true, rejectUnauthorized: false, servername: target.hostname })
  const options = {
    agent,
    host: '127.0.0.1',
    port,
    path: target.pathname,
    timeout: ANSWER_MS,
    // What the bridge refuses without opening anything.
    headers: { host: target.host, authorization: `Bearer ${token}`, accept: 'application/json' },
  }
  const knock = (): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const answered = (response: IncomingMessage): void => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
      response.once('error', reject)
    }
    const asking = isPlain ? requestPlain(options, answered) : requestTls(options, answered)
    asking.once('timeout', () => asking.destroy(new Error('no answer in time')))
    asking.once('error', reject)
    asking.end()
    return promise
  }
  return {
    opens: () => opensWithin(knock),
    closes: () => closesWithin(knock),
    leave: () => agent.destroy(),
  }
}

type Knock = () => Promise<number>

async function opensWithin(knock: Knock): Promise<boolean> {
  const until = performance.now() + OPEN_MS
  while (performance.now() < until) {
    const status = await knock().catch(() => undefined)
    if (status === undefined) return false
    if (status === LET_IN) return true
    await sleep(STEP_MS)
  }
  return false
}

async function closesWithin(knock: Knock): Promise<Closing> {
  const until = performance.now() + CLOSED_MS
  let last: number | undefined
  while (performance.now() < until) {
    last = await knock().catch(() => undefined)
    const at = performance.now()
    if (last === REFUSED && (await areRefused(knock))) return { closedAt: at }
    await sleep(STEP_MS)
  }
  return last === undefined ? 'silent' : 'open'
}

async function areRefused(knock: Knock): Promise<boolean> {
  const answers = Array.from({ length: TOGETHER }, () => knock().catch(() => 0))
  return (await Promise.all(answers)).every((status) => status === REFUSED)
}
