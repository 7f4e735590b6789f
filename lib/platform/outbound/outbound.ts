/**
 * Fetches JSON from a URL that a stranger chose, without becoming that stranger's tool.
 *
 * https alone, on its own port, at public addresses alone. The addresses are looked up once, all of them
 * are checked, and the connection goes to what was checked: a name that means something else a moment
 * later leads nowhere. No redirects, no compression, no proxy; one deadline over everything.
 */

import type { LookupAddress } from 'node:dns'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { refuseUpgrade } from '../refuse-upgrade.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { OutboundError } from './outbound-error.ts'
import { outboundUrlFault } from './outbound-url.ts'
import { pinnedTo } from './pinned.ts'
import { createPlaces, type Share } from './places.ts'
import { isPublicAddress } from './public-address.ts'
import { createResolve, findAddresses, type Resolve } from './resolve.ts'

/** Where a name of the tests is served: it is neither looked up nor has it to be public. */
export interface TestPlace {
  readonly address: string
  readonly port: number
}

export interface OutboundOptions {
  readonly resolve?: Resolve
  readonly testHosts?: ReadonlyMap<string, TestPlace>
  readonly deadlineMs?: number
}

export interface Fetched {
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

export interface Outbound {
  /** @throws OutboundError `busy` while a fetch would be refused: to be asked before it is counted for anything. */
  requireRoom(url: string, requester?: string): void
  /** `requester`: who makes us fetch, where somebody does. @throws OutboundError */
  fetch(url: string, bytesMax: number, requester?: string): Promise<Fetched>
}

const DEADLINE_MS = 5000
const CONCURRENT_MAX = 20
/** One that lets us wait keeps no other waiting. */
const CONCURRENT_PER_HOST_MAX = 8
/** Whoever makes us fetch takes neither all places nor those of a host. */
const CONCURRENT_PER_REQUESTER_MAX = 4
const HTTPS_PORT = 443

const bySystem = createResolve()

export function createOutbound(options: OutboundOptions = {}): Outbound {
  const { deadlineMs = DEADLINE_MS } = options
  const places = createPlaces(CONCURRENT_MAX)
  const requireRoom: Outbound['requireRoom'] = (url, requester) => {
    if (!places.hasRoom(toShares(url, requester))) throw new OutboundError('busy')
  }
  return {
    requireRoom,
    async fetch(url, bytesMax, requester) {
      if (outboundUrlFault(url) !== undefined) throw new OutboundError('url')
      requireRoom(url, requester)
      const leave = places.take(toShares(url, requester))
      try {
        return await withDeadline(deadlineMs, (signal) =>
          fetchOnce(new URL(url), bytesMax, options, signal),
        )
      } finally {
        leave()
      }
    },
  }
}

function toShares(url: string, requester: string | undefined): readonly Share[] {
  const host = { name: `host ${new URL(url).hostname}`, max: CONCURRENT_PER_HOST_MAX }
  if (requester === undefined) return [host]
  return [host, { name: `requester ${requester}`, max: CONCURRENT_PER_REQUESTER_MAX }]
}

/** Whatever the work has opened is closed when it is over, also when it failed. */
async function withDeadline<T>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end.abort()
  }, deadlineMs)
  try {
    // What is still under way then goes on unheard: a body that only its connection's end ends would look whole.
    return await unlessAborted(work(end.signal), end.signal)
  } catch (error) {
    if (isLate) throw new OutboundError('deadline')
    throw error instanceof OutboundError ? error : new OutboundError('connection', error)
  } finally {
    clearTimeout(timer)
    end.abort()
  }
}

async function fetchOnce(
  url: URL,
  bytesMax: number,
  options: OutboundOptions,
  signal: AbortSignal,
): Promise<Fetched> {
  const target = await unlessAborted(findTarget(url.hostname, options, signal), signal)
  const answer = await ask(url, target, signal)
  checkHead(answer, bytesMax)
  return { text: decode(await readBody(answer, bytesMax)), headers: answer.headers }
}

interface Target {
  readonly addresses: readonly LookupAddress[]
  readonly port: number
}

async function findTarget(
  host: string,
  { resolve = bySystem, testHosts }: OutboundOptions,
  signal: AbortSignal,
): Promise<Target> {
  const place = testHosts?.get(host)
  if (place !== undefined) {
    const { address, port } = place
    return { addresses: [{ address, family: isIP(address) }], port }
  }
  const addresses = await findAddresses(host, resolve, signal)
  // One private address among public ones is an attempt, not an accident.
  if (!addresses.every(({ address }) => isPublicAddress(address))) {
    throw new OutboundError('address')
  }
  return { addresses, port: HTTPS_PORT }
}

function ask(url: URL, { addresses, port }: Target, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request({
    host: url.hostname,
    port,
    path: url.pathname + url.search,
    lookup: pinnedTo(addresses),
    headers: {
      host: url.host,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'mcp-oauth-gateway',
    },
    // Of its own: nobody's settings for connections, proxies or sessions apply.
    agent: false,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    signal,
  })
  asked.once('response', (answer) => {
    // To end an answer early is an error of the answer, too.
    answer.on('error', reject)
    resolve(answer)
  })
  asked.on('error', reject)
  refuseUpgrade(asked, () => reject(new OutboundError('status')))
  asked.end()
  return promise
}

const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.-]+\+)?json$/
const UTF8 = /^charset="?utf-?8"?$/

function checkHead({ statusCode = 0, headers }: IncomingMessage, bytesMax: number): void {
  if (statusCode >= 300 && statusCode < 400) throw new OutboundError('redirect')
  if (statusCode !== 200) throw new OutboundError('status')
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new OutboundError('encoding')
  if (!isJson(headers['content-type'] ?? '')) throw new OutboundError('type')
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw new OutboundError('size')
}

function isJson(contentType: string): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charsets = parameters.filter((parameter) => parameter.startsWith('charset'))
  return JSON_TYPE.test(type) && charsets.every((charset) => UTF8.test(charset))
}

async function readBody(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new OutboundError('size')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new OutboundError('text', cause)
  }
}
