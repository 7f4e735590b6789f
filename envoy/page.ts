/**
 * A small page for whoever meets the edge itself in a browser: words and one address, nothing loaded.
 *
 * The pages of the authorization server are for what it knows; here stands what it is not asked about.
 */

import { createHash } from 'node:crypto'

const STYLE =
  'body{max-width:33rem;margin:3rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}h1{font-size:1.3rem}a{overflow-wrap:anywhere}'
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export interface Page {
  readonly title: string
  readonly words: string
  /** Where to go instead, by text that stands before it. */
  readonly link: { readonly before: string; readonly url: string }
}

/** Who navigates to an address asks like this; no program that speaks to an endpoint does. */
export const BROWSER_HEADERS = [
  { name: ':method', string_match: { exact: 'GET' } },
  { name: 'accept', string_match: { contains: 'text/html' } },
]

export const PAGE_TYPE = 'text/html; charset=utf-8'

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function renderPage({ title, words, link }: Page): string {
  const url = escapeText(link.url)
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<main>',
    `<h1>${escapeText(title)}</h1>`,
    `<p>${escapeText(words)}</p>`,
    `<p>${escapeText(link.before)} <a href="${url}">${url}</a></p>`,
    '</main>',
    '</html>',
    '',
  ].join('\n')
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
