/** A person with a browser: keeps cookies, reads the consent page, presses one of its buttons. */

import { form, type HttpResponse, type Send } from './http.ts'

/** The one form of a page: where it goes and what it already carries. */
export interface Page {
  readonly response: HttpResponse
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

export interface Answer {
  readonly decision?: 'approve' | 'deny'
  /** What the person types; undefined leaves what the page says. */
  readonly username?: string | undefined
  /** The choice on a page that asks for the service. */
  readonly service?: string | undefined
  /** The choice on a page that asks for the way to log in; undefined leaves what the page says. */
  readonly provider?: string | undefined
}

export interface Person {
  /** Cookies by name, as the browser holds them for the authorization server. */
  readonly cookies: Map<string, string>
  open(url: string, headers?: Readonly<Record<string, string>>): Promise<Page>
  /** Sends the page's form with these fields beside its own; `headers` as for `submit`. */
  post(
    page: Page,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpResponse>
  /** Sends the page's form; `headers` override what a browser would send. */
  submit(
    page: Page,
    answer: Answer,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpResponse>
  /** Opens the authorize URL, answers, and comes back with the client's redirect. */
  authorize(url: string, answer: Answer): Promise<URL>
}

export function createPerson(send: Send): Person {
  const cookies = new Map<string, string>()
  const browse: Send = async (request) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...request.headers, ...(cookie === '' ? {} : { cookie }) }
    const response = await send({ ...request, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*Max-Age=0(;|$)/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const person: Person = {
    cookies,
    async open(url, headers = {}) {
      const response = await browse({ url, headers: { accept: 'text/html', ...headers } })
      return { response, ...readForm(url, response.text) }
    },
    submit(page, { decision = 'approve', ...typed }, headers) {
      const said = Object.entries(typed).filter(([, value]) => value !== undefined)
      return person.post(page, { ...Object.fromEntries(said), decision }, headers)
    },
    post(page, fields, headers = {}) {
      const sent = form({ ...page.fields, ...fields })
      // What Chromium sends from a page whose Referrer-Policy is no-referrer.
      const own = { origin: 'null', 'sec-fetch-site': 'same-origin' }
      return browse({ ...sent, url: page.action, headers: { ...own, ...sent.headers, ...headers } })
    },
    async authorize(url, answer) {
      const page = await person.open(url)
      const { status, text } = page.response
      if (status !== 200) throw new Error(`no page with a question but ${status}: ${text}`)
      const response = await person.submit(page, answer)
      const location = response.headers.get('location')
      if (location === null) throw new Error(`no redirect but ${response.status}: ${response.text}`)
      return new URL(location)
    },
  }
  return person
}

/** Enough of HTML for forms without script: the action, and inputs with their values. */
function readForm(url: string, html: string): Omit<Page, 'response'> {
  const action = /<form[^>]*\saction="([^"]*)"/.exec(html)?.[1] ?? ''
  const inputs = [...html.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag)
  const fields = inputs
    .filter((tag) => attribute(tag, 'type') !== 'radio')
    .map((tag): [string, string] => [attribute(tag, 'name'), attribute(tag, 'value')])
  return { action: new URL(action, url).href, fields: Object.fromEntries(fields) }
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
  return value.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
