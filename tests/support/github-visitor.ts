/** A person's browser at the GitHub of the tests: logs in there, and says yes or no to the app. */

import type { GitHubEmulator } from './github-emulator.ts'
import { type Send, sendOverNetwork } from './http.ts'
import type { Fields } from './oauth-client.ts'
import { createPerson, type Page } from './person.ts'

export interface GitHubVisitor {
  /**
   * From where the gateway sent the browser, through whatever GitHub asks, to where it sends the browser
   * back. `login` is typed where it asks for one.
   */
  visit(departure: string, login: string, decision?: 'authorize' | 'cancel'): Promise<string>
  /** The headings of the pages seen at the last visit. */
  readonly seen: readonly string[]
}

const STEPS_MAX = 8

export function createGitHubVisitor(
  { url }: Pick<GitHubEmulator, 'url'>,
  send: Send = sendOverNetwork,
): GitHubVisitor {
  const { origin } = new URL(url)
  const person = createPerson(send)
  const seen: string[] = []
  const answer = async (page: Page, login: string, decision: string): Promise<Page> => {
    const [, heading = ''] = /<h1>([^<]*)<\/h1>/.exec(page.response.text) ?? []
    seen.push(heading)
    const isYes = decision === 'authorize' ? '1' : '0'
    const fields: Fields = heading === 'Authorize' ? { authorize: isYes } : { login }
    return { ...page, response: await person.post(page, fields) }
  }
  return {
    seen,
    async visit(departure, login, decision = 'authorize') {
      seen.length = 0
      let page = await person.open(departure)
      for (let step = 0; step < STEPS_MAX; step += 1) {
        const location = page.response.headers.get('location')
        const next = location === null ? undefined : new URL(location, url)
        if (next !== undefined && next.origin !== origin) return next.href
        page =
          next === undefined ? await answer(page, login, decision) : await person.open(next.href)
      }
      throw new Error(`GitHub does not come to an end: ${page.response.text}`)
    },
  }
}
