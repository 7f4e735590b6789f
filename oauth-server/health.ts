/** GET /healthz: whether requests can be served, which means that the store answers. */

import type Koa from 'koa'
import type { Readiness } from './readiness.ts'
import { noStore } from './steps/headers.ts'

export function reportHealth(readiness: Readiness): Koa.Middleware[] {
  return [
    noStore,
    async function reportHealth(ctx) {
      await readiness.check()
      ctx.body = { status: 'ok' }
    },
  ]
}
