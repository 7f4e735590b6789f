/** Renders the templates beside this file; every value is escaped. */

import { Eta } from 'eta'
import type Koa from 'koa'
import { account } from './words/account.ts'
import { consent } from './words/consent.ts'
import { device } from './words/device.ts'
import { login } from './words/login.ts'
import { refused } from './words/refused.ts'
import { signedOut } from './words/signed-out.ts'
import { LANGUAGES, type Language, type PageWords, speak } from './words/words.ts'

const eta = new Eta({ views: import.meta.dirname, cache: true, autoEscape: true })

export type PageName =
  | 'account'
  | 'code'
  | 'consent'
  | 'device'
  | 'device-code'
  | 'device-done'
  | 'error'
  | 'home'
  | 'login'
  | 'logout'
  | 'refused'
  | 'signed-out'

/** Pages whose words stand beside them in every language; their title is the word `title`. */
const WORDS: Readonly<Partial<Record<PageName, PageWords>>> = {
  account,
  consent,
  device,
  login,
  refused,
  'signed-out': signedOut,
}

/** Of a page with words the template gets `say` and `rich` beside its data. */
export function renderPage(
  ctx: Koa.Context,
  name: PageName,
  data: Readonly<Record<string, unknown>> & { readonly title?: string },
): void {
  const words = WORDS[name]
  const language = words === undefined ? 'en' : languageOf(ctx)
  const speech = words === undefined ? undefined : speak(words, language)
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = eta.render(name, {
    language,
    ...(speech && { title: speech.say('title'), say: speech.say, rich: speech.rich }),
    ...data,
  })
}

function languageOf(ctx: Koa.Context): Language {
  ctx.vary('Accept-Language')
  const accepted = ctx.acceptsLanguages(...LANGUAGES)
  return LANGUAGES.find((language) => language === accepted) ?? 'en'
}
