/** What a site wants programs to leave alone: robots.txt (RFC 9309). */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Dial } from '../../lib/platform/outbound/egress.ts'
import { FetchFault } from './fetch-fault.ts'
import { follow } from './follow.ts'
import { readBody } from './read-body.ts'
import { type RobotsRules, readRobots } from './robots-rules.ts'

/** RFC 9309 section 2.5: at least so much has to be read. */
const ROBOTS_BYTES_MAX = 500 * 1024
const ANSWER_MS_MAX = 10_000
const KEPT_MS = 60 * 60_000
const SITES_MAX = 500

interface Kept {
  readonly since: number
  readonly rules: Promise<RobotsRules>
}

export class Robots {
  readonly #dial: Dial
  readonly #clock: Clock
  readonly #sites = new Map<string, Kept>()

  constructor(dial: Dial, clock: Clock) {
    this.#dial = dial
    this.#clock = clock
  }

  /** @throws FetchFault when the site does not want it, or does not say whether it does. */
  async assertAllowed(url: URL, userAgent: string): Promise<void> {
    if (url.pathname === '/robots.txt') return
    const rules = await this.#rulesOf(url.origin, userAgent)
    if (rules.allows(url.pathname + url.search, userAgent)) return
    throw new FetchFault(
      `${url.hostname} asks programs in its robots.txt not to fetch this page. A person may open it in a browser.`,
    )
  }

  async #rulesOf(origin: string, userAgent: string): Promise<RobotsRules> {
    const kept = this.#sites.get(origin)
    // A clock that was put back must not keep them for longer.
    const isFresh = kept !== undefined && Math.abs(this.#clock() - kept.since) < KEPT_MS
    if (isFresh) return await kept.rules
    const rules = this.#read(origin, userAgent)
    this.#keep(origin, rules)
    return await rules
  }

  /** What could not be read is asked for again; the site that was first learnt of gives way. */
  #keep(origin: string, rules: Promise<RobotsRules>): void {
    this.#sites.delete(origin)
    this.#sites.set(origin, { since: this.#clock(), rules })
    rules.catch(() => this.#sites.delete(origin))
    if (this.#sites.size <= SITES_MAX) return
    const [oldest = ''] = this.#sites.keys()
    this.#sites.delete(oldest)
  }

  async #read(origin: string, userAgent: string): Promise<RobotsRules> {
    const url = new URL('/robots.txt', origin)
    const asked = { url, method: 'GET', headers: { 'user-agent': userAgent } } as const
    // Its own: others wait for the same answer when this caller has left.
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const anywhere = async (): Promise<void> => {}
    const { answer } = await follow({ ...asked, body: undefined }, this.#dial, anywhere, signal)
    const { statusCode = 0 } = answer
    // Section 2.3.1.4: a site that is broken has not said yes.
    if (statusCode >= 500) {
      answer.destroy()
      throw new FetchFault(
        `${url.hostname} cannot say what programs may fetch: its robots.txt is ${statusCode}.`,
      )
    }
    // Section 2.3.1.3: a site without one has nothing against it.
    const isThere = statusCode >= 200 && statusCode < 300
    const { bytes } = await readBody(answer, signal, ROBOTS_BYTES_MAX)
    return readRobots(isThere ? bytes.toString('utf8') : '')
  }
}
