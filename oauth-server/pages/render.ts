/** Renders the templates beside this file; every value is escaped. */

import { Eta } from 'eta'
import type Koa from 'koa'

const eta = new Eta({ views: import.meta.dirname, cache: true, autoEscape: true })

export type PageName =
  | 'code'
  | 'consent'
  | 'device'
  | 'device-code'
  | 'device-done'
  | 'error'
  | 'home'
  | 'logout'
  | 'signed-out'

export function renderPage(
  ctx: Koa.Context,
  name: PageName,
  data: Readonly<Record<string, unknown>> & { readonly title: string },
): void {
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = eta.render(name, data)
}
