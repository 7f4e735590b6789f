/** A request and the redirects that follow it: each hop is judged like the first. */

import type { IncomingMessage } from 'node:http'
import type { Dial } from '../../lib/platform/outbound/egress.ts'
import { unlessAborted } from '../../lib/platform/unless-aborted.ts'
import { type Asked, exchange } from './exchange.ts'
import { FetchFault, toFetchFault } from './fetch-fault.ts'
import { headersFor } from './request-headers.ts'

const REDIRECTS_MAX = 5

export interface Followed {
  readonly answer: IncomingMessage
  /** Where the last redirect led. */
  readonly url: URL
}

/** Says no by an error, before a hop is asked. */
export type MayAsk = (url: URL) => Promise<void>

/** @throws FetchFault */
export async function follow(
  first: Asked,
  dial: Dial,
  mayAsk: MayAsk,
  signal: AbortSignal,
): Promise<Followed> {
  let asked = first
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    // What a site wants may take its time to be learnt, and others wait for it too.
    await unlessAborted(mayAsk(asked.url), signal)
    const answer = await exchange(asked, dial, signal).catch((error: unknown) => {
      throw toFetchFault(error, asked.url.hostname)
    })
    if (!isRedirect(answer)) return { answer, url: asked.url }
    // Its body is for nobody, also where it leads to what is refused.
    answer.destroy()
    asked = nextOf(asked, answer)
  }
  throw new FetchFault(
    `More than ${REDIRECTS_MAX} redirects: ${first.url.hostname} leads in circles.`,
  )
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return REDIRECTS.has(statusCode) && headers.location !== undefined
}

/** RFC 9110 section 15.4. @throws FetchFault for what is not a page of the web. */
function nextOf(asked: Asked, { statusCode, headers }: IncomingMessage): Asked {
  const { location = '' } = headers
  const url = toTarget(location, asked.url)
  const keepsMethod = statusCode === 307 || statusCode === 308
  return {
    url,
    method: keepsMethod ? asked.method : 'GET',
    body: keepsMethod ? asked.body : undefined,
    headers: headersFor(asked.headers, asked.url, url),
  }
}

/**
 * What a caller or a redirect names.
 * @throws FetchFault for what is not a page of the web.
 */
export function toTarget(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw new FetchFault(`${JSON.stringify(text)} is not a URL.`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FetchFault(`Only http and https can be fetched, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchFault('The URL has user information: send it as the header Authorization.')
  }
  url.hash = ''
  return url
}
