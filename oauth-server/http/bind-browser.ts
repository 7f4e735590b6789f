/** Binds what begins on a page to the browser that opened it. */

import type Koa from 'koa'
import { randomText } from '../../lib/platform/seal.ts'
import type { Cookies } from './cookies.ts'

/** One cookie binds any number of interactions; resolves with its value, made now if there was none. */
export function bindBrowser(ctx: Koa.Context, { browser }: Pick<Cookies, 'browser'>): string {
  const [held] = browser.readAll(ctx)
  if (held !== undefined) return held
  const made = randomText()
  browser.write(ctx, made)
  return made
}
