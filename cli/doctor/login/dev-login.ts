/** Logs in at the `dev` provider of one's own gateway, which asks for a name and nothing else. */

import { CliError } from '../../cli-error.ts'
import type { LogIn } from '../model/visit.ts'
import type { Http } from '../wire/http.ts'
import { inWords } from '../wire/words.ts'
import { createBrowser, locationOf, readForm } from './page.ts'

/** @param username under which it logs in. */
export function createDevLogin(http: Http, username: string): LogIn {
  return async ({ url, redirectUri }) => {
    const isBack = (location: URL): boolean => location.href.startsWith(new URL(redirectUri).href)
    // A browser of its own each time: nobody is logged in there, and nothing is remembered.
    const browser = createBrowser(http, isBack)
    const page = await browser.open(url)
    const form = readForm(page)
    if (form === undefined || !form.names.has('username')) {
      throw new CliError(`there is no page that asks for a name: it answered ${inWords(page)}`)
    }
    const answer = await browser.submit(form, { username, decision: 'approve' })
    const location = locationOf(answer)
    if (location !== null && isBack(location)) return location.searchParams
    throw new CliError(`approving answered ${inWords(answer)} and led nowhere`)
  }
}
