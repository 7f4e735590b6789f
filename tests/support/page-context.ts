/** What rendering a page needs of a request, without one. */

import type Koa from 'koa'
import type { Language } from '../../oauth-server/pages/words/words.ts'

export function createPageContext(language: Language = 'en'): Koa.Context {
  const context = { vary: () => {}, set: () => {}, acceptsLanguages: () => language }
  return context as unknown as Koa.Context
}
