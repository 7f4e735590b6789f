/** GET /jwks: the public keys that tokens of this issuer are verified with (RFC 7517 section 5). */

import type Koa from 'koa'
import type { Ports } from '../ports.ts'
import { publicDocument } from '../steps/headers.ts'

export function sendKeySet({ families }: Ports): Koa.Middleware[] {
  return [
    publicDocument,
    async function sendKeySet(ctx) {
      ctx.body = { keys: await families.publicKeys.all() }
    },
  ]
}
