/** Requests for metadata as the client of the visit sends them. */

import type { Document } from '../model/facts.ts'
import { headersOf, type Visit } from '../model/visit.ts'
import type { HttpAnswer } from './http.ts'
import { inWords, isRedirect, objectOf, plain } from './words.ts'

export function fetchMetadata(visit: Visit, url: string): Promise<HttpAnswer> {
  return visit.http({ url, headers: { ...headersOf(visit), ...visit.client.discoveryHeaders } })
}

export type Located =
  | { readonly fault: undefined; readonly url: string; readonly document: Document }
  | {
      readonly fault: 'missing' | 'redirected' | 'server_error' | 'not_json'
      readonly told: string
    }

/** The first document at these places; only "it is not here" leads to the next one. */
export async function locateMetadata(visit: Visit, places: readonly string[]): Promise<Located> {
  let told = ''
  for (const url of places) {
    const answer = await fetchMetadata(visit, url)
    told = `${plain(url)} answered ${inWords(answer)}`
    if (isRedirect(answer)) {
      const target = plain(answer.headers.get('location') ?? 'nowhere')
      return { fault: 'redirected', told: `${told}, to ${target}` }
    }
    if (answer.status >= 500) return { fault: 'server_error', told }
    if (answer.status !== 200) continue
    const document = objectOf(answer)
    return document === undefined
      ? { fault: 'not_json', told }
      : { fault: undefined, url, document }
  }
  return { fault: 'missing', told }
}
