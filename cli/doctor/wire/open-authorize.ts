/** Opens the authorize URL as a stranger would, and tells what became of it. */

import type { AuthorizationRequest } from '../model/facts.ts'
import type { Visit } from '../model/visit.ts'
import type { HttpAnswer } from './http.ts'
import { inWords, isRedirect, plain } from './words.ts'

export type Opened =
  /** A page, or the way to one. */
  | { readonly kind: 'page'; readonly told: string }
  /** Back at the client's redirect URI. */
  | { readonly kind: 'back'; readonly error: string | undefined; readonly told: string }
  | { readonly kind: 'refused' | 'trouble'; readonly told: string }

export async function openAuthorize(
  { http, client }: Visit,
  { url, redirectUri }: Pick<AuthorizationRequest, 'url' | 'redirectUri'>,
  accept = 'text/html,*/*;q=0.8',
): Promise<Opened> {
  const answer = await http({ url, headers: { ...client.headers, accept } })
  const told = `${new URL(url).pathname} answered ${inWords(answer)}`
  if (isRedirect(answer)) return readRedirect(answer, url, redirectUri, told)
  if (answer.status < 300) return { kind: 'page', told }
  return { kind: answer.status >= 500 ? 'trouble' : 'refused', told: told + errorOnPage(answer) }
}

function readRedirect(
  { headers }: HttpAnswer,
  url: string,
  redirectUri: string,
  told: string,
): Opened {
  const location = URL.parse(headers.get('location') ?? '', url)
  if (location === null) return { kind: 'trouble', told: `${told} without Location` }
  if (!location.href.startsWith(new URL(redirectUri).href)) {
    return { kind: 'page', told: `${told}, to ${plain(location.origin + location.pathname)}` }
  }
  const error = location.searchParams.get('error') ?? undefined
  const words = location.searchParams.get('error_description') ?? ''
  return { kind: 'back', error, told: plain(`${told}, back with ${error ?? 'an answer'} ${words}`) }
}

/** Pages of errors say in a paragraph or a heading what is wrong. */
function errorOnPage({ text }: HttpAnswer): string {
  const [, words] = /<(?:h1|title)[^>]*>([^<]+)</i.exec(text) ?? []
  return words === undefined ? '' : `: ${plain(words)}`
}
