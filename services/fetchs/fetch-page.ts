/** Fetches what a caller asked for, within the bounds that hold for everybody. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Dial } from '../../lib/platform/outbound/egress.ts'
import { FetchFault, toFetchFault } from './fetch-fault.ts'
import { follow, type MayAsk, toTarget } from './follow.ts'
import { MarkdownMaker } from './markdown.ts'
import { type Presented, present } from './present.ts'
import { readBody } from './read-body.ts'
import { checkHeaders, type Headers } from './request-headers.ts'
import { Robots } from './robots.ts'

export interface PageRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Headers
  readonly body: string | undefined
  /** Characters of a text, bytes of an image. */
  readonly lengthMax: number
  readonly userAgent: string
}

export interface FetchedPage extends Presented {
  /** After redirects. */
  readonly url: string
  readonly status: number
  readonly contentType: string
}

/** @throws FetchFault telling why there is nothing to show. */
export type FetchPage = (request: PageRequest, signal: AbortSignal) => Promise<FetchedPage>

export interface FetchPagePorts {
  readonly dial: Dial
  readonly clock: Clock
  readonly heedsRobots: boolean
  readonly deadlineMs?: number
}

const DEADLINE_MS = 30_000
const ACCEPT = 'text/markdown, text/html, application/xhtml+xml;q=0.9, text/plain;q=0.9, */*;q=0.8'
/** Enough to see what a server has against it. */
const REFUSED_CHARACTERS_MAX = 2000

export function createFetchPage(ports: FetchPagePorts): FetchPage {
  const { dial, clock, heedsRobots, deadlineMs = DEADLINE_MS } = ports
  const robots = new Robots(dial, clock)
  const markdown = new MarkdownMaker()
  return async (request, signal) => {
    const url = toTarget(request.url)
    const limit = AbortSignal.timeout(deadlineMs)
    const mayAsk: MayAsk = async (hop) => {
      if (heedsRobots) await robots.assertAllowed(hop, request.userAgent)
    }
    try {
      return await fetchOnce(request, url, dial, mayAsk, AbortSignal.any([signal, limit]), markdown)
    } catch (error) {
      if (!limit.aborted) throw toFetchFault(error, url.hostname)
      throw new FetchFault(`${url.hostname} was not there whole within ${deadlineMs / 1000} s.`)
    }
  }
}

async function fetchOnce(
  request: PageRequest,
  first: URL,
  dial: Dial,
  mayAsk: MayAsk,
  signal: AbortSignal,
  markdown: MarkdownMaker,
): Promise<FetchedPage> {
  const { method, body, userAgent, lengthMax } = request
  const own = checkHeaders({ 'user-agent': userAgent })
  const headers = { accept: ACCEPT, ...own, ...checkHeaders(request.headers) }
  const asked = { url: first, method, headers, body }
  const { answer, url } = await follow(asked, dial, mayAsk, signal)
  const { statusCode: status = 0, headers: told } = answer
  const contentType = told['content-type'] ?? ''
  const received = { url, contentType, body: await readBody(answer, signal) }
  if (status < 200 || status > 299) {
    const words = await wordsOf(received, markdown, signal)
    throw new FetchFault(`${url.hostname} answered ${status}.${words}`)
  }
  const presented = await present(received, lengthMax, markdown, signal)
  return { url: url.href, status, contentType, ...presented }
}

/** What a server says beside its refusal; nothing when that cannot be read. */
async function wordsOf(
  received: Parameters<typeof present>[0],
  markdown: MarkdownMaker,
  signal: AbortSignal,
): Promise<string> {
  if (received.body.bytes.length === 0) return ''
  try {
    const { content } = await present(received, REFUSED_CHARACTERS_MAX, markdown, signal)
    return content.type === 'text' ? `\n\n${content.text}` : ''
  } catch {
    return ''
  }
}
