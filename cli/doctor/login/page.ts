/** A page with a form that works without script, as a browser without script sees it. */

import type { Http, HttpAnswer } from '../wire/http.ts'
import { isRedirect } from '../wire/words.ts'

export interface Form {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  /** What is there to be typed, chosen or pressed, and the values that are offered. */
  readonly offers: ReadonlyMap<string, readonly string[]>
}

/** Keeps cookies, follows redirects until one leads away. */
export interface Browser {
  open(url: string): Promise<HttpAnswer>
  submit(form: Form, fields: Readonly<Record<string, string>>): Promise<HttpAnswer>
}

const HOPS_MAX = 10

/** @param isAway whether a redirect leads to where the browser is not to go. */
export function createBrowser(http: Http, isAway: (location: URL) => boolean): Browser {
  const cookies = new Map<string, string>()
  const send: Http = async (request) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...request.headers, ...(cookie !== '' && { cookie }) }
    const answer = await http({ ...request, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer
  }
  const follow = async (answer: HttpAnswer): Promise<HttpAnswer> => {
    let last = answer
    for (let hops = 0; hops < HOPS_MAX && isRedirect(last); hops += 1) {
      const location = locationOf(last)
      if (location === null || isAway(location)) return last
      last = await send({ url: location.href })
    }
    return last
  }
  return {
    open: async (url) => follow(await send({ url })),
    async submit({ action, fields }, typed) {
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        // As a browser sends it from a page whose Referrer-Policy is no-referrer.
        origin: 'null',
        'sec-fetch-site': 'same-origin',
      }
      const body = new URLSearchParams({ ...fields, ...typed }).toString()
      return follow(await send({ url: action, method: 'POST', headers, body }))
    },
  }
}

export function locationOf({ headers, url }: HttpAnswer): URL | null {
  return URL.parse(headers.get('location') ?? '', url)
}

/** The first form of the page; undefined without one. */
export function readForm({ text, url }: HttpAnswer): Form | undefined {
  const [, head = '', inside = ''] = /<form\b([^>]*)>(.*?)<\/form>/s.exec(text) ?? []
  if (head === '' && inside === '') return undefined
  const controls = [...inside.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => tag)
  const inputs = controls.filter((tag) => tag.startsWith('<input') && isSent(tag))
  return {
    action: new URL(attribute(head, 'action'), url).href,
    fields: Object.fromEntries(
      inputs.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]),
    ),
    offers: new Map(
      [...Map.groupBy(controls, (tag) => attribute(tag, 'name'))].map(([name, tags]) => [
        name,
        tags.map((tag) => attribute(tag, 'value')),
      ]),
    ),
  }
}

/** Of several to choose from, the one that is chosen. */
function isSent(tag: string): boolean {
  return !/^(?:radio|checkbox)$/.test(attribute(tag, 'type')) || /\schecked\b/.test(tag)
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
  return value.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
