/** A person of a given name in front of a gateway: opens the page and presses a button. */

import { type Send, sendOverNetwork } from './http.ts'
import { createPerson, type Page } from './person.ts'

type Decision = 'approve' | 'deny'

export interface Visitor {
  open(url: URL | string): Promise<Page>
  /** Resolves with the address that the client is called at. */
  answer(page: Page, decision: Decision): Promise<URL>
  approve(url: URL | string): Promise<URL>
  deny(url: URL | string): Promise<URL>
}

/** Cookies are kept whatever the port, as browsers do. */
export function createVisitor(username: string, send: Send = sendOverNetwork): Visitor {
  const person = createPerson(send)
  const open = (url: URL | string): Promise<Page> => person.open(String(url))
  const answer = async (page: Page, decision: Decision): Promise<URL> => {
    const response = await person.submit(page, { decision, username })
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${decision}: ${response.status} ${response.text}`)
    return new URL(location)
  }
  return {
    open,
    answer,
    approve: async (url) => await answer(await open(url), 'approve'),
    deny: async (url) => await answer(await open(url), 'deny'),
  }
}
