/** Renders the templates beside this file; every value is escaped. */

import { Eta } from 'eta'
import type Koa from 'koa'
import { PLAIN_BRANDING } from '../../lib/catalogue/branding.ts'
import type { Dress } from './dress.ts'
import { account } from './words/account.ts'
import { code } from './words/code.ts'
import { common } from './words/common.ts'
import { consent } from './words/consent.ts'
import { device } from './words/device.ts'
import { deviceCode } from './words/device-code.ts'
import { deviceDone } from './words/device-done.ts'
import { error } from './words/error.ts'
import { home } from './words/home.ts'
import { login } from './words/login.ts'
import { logout } from './words/logout.ts'
import { refused } from './words/refused.ts'
import { signedOut } from './words/signed-out.ts'
import { LANGUAGES, type Language, type PageWords, speak } from './words/words.ts'

const eta = new Eta({ views: import.meta.dirname, cache: true, autoEscape: true })

/** The words of each page; their title is the word `title`. */
export const WORDS = {
  account,
  code,
  consent,
  device,
  'device-code': deviceCode,
  'device-done': deviceDone,
  error,
  home,
  login,
  logout,
  refused,
  'signed-out': signedOut,
} as const satisfies Readonly<Record<string, PageWords>>

export type PageName = keyof typeof WORDS

export const PAGE_NAMES = Object.keys(WORDS) as readonly PageName[]

const UNDRESSED: Dress = {
  name: PLAIN_BRANDING.name,
  help: undefined,
  style: '/assets/style.css',
}

/** Beside its data the template gets `say` and `rich`, in the language that the browser prefers. */
export function renderPage(
  ctx: Koa.Context,
  name: PageName,
  data: Readonly<Record<string, unknown>>,
): void {
  const language = languageOf(ctx)
  const { say, rich } = speak(merge(common, WORDS[name]), language)
  const dress: Dress = ctx.state?.dress ?? UNDRESSED
  ctx.set('Content-Language', language)
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = eta.render(name, { language, dress, title: say('title'), say, rich, ...data })
}

function merge(left: PageWords, right: PageWords): PageWords {
  return { en: { ...left.en, ...right.en }, de: { ...left.de, ...right.de } }
}

function languageOf(ctx: Koa.Context): Language {
  ctx.vary('Accept-Language')
  const accepted = ctx.acceptsLanguages(...LANGUAGES)
  return LANGUAGES.find((language) => language === accepted) ?? 'en'
}
