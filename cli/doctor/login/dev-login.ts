/** Logs in at the `dev` provider of one's own gateway, which asks for a name and nothing else. */

import { CliError } from '../../cli-error.ts'
import type { LogIn } from '../model/visit.ts'
import type { Http } from '../wire/http.ts'
import { inWords } from '../wire/words.ts'
import { createBrowser, locationOf, readForm } from './page.ts'

export interface DevLogin {
  /** Under which it logs in. */
  readonly username: string
  /** What is chosen where the page asks for it: the client did not say. */
  readonly service: string
}

export function createDevLogin(http: Http, { username, service }: DevLogin): LogIn {
  return async ({ url, redirectUri }) => {
    const isBack = (location: URL): boolean => location.href.startsWith(new URL(redirectUri).href)
    // A browser of its own each time: nobody is logged in there, and nothing is remembered.
    const browser = createBrowser(http, isBack)
    const page = await browser.open(url)
    const form = readForm(page)
    if (form === undefined || !form.offers.has('username')) {
      throw new CliError(`there is no page that asks for a name: it answered ${inWords(page)}`)
    }
    const choice = form.offers.has('service') ? { service } : {}
    const answer = await browser.submit(form, { ...choice, username, decision: 'approve' })
    const location = locationOf(answer)
    if (location !== null && isBack(location)) return location.searchParams
    throw new CliError(`approving answered ${inWords(answer)} and led nowhere`)
  }
}
