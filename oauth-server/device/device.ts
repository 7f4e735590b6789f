/** GET and POST /device: where a person connects a device (RFC 8628 section 3.3). */

import type Koa from 'koa'
import { parseParams } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { inSequence } from '../steps/in-sequence.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import { decide } from './decide.ts'
import { enterCode } from './enter-code.ts'

type Step = Koa.Middleware<FormState>

export function openDevicePage(ports: Ports): Koa.Middleware[] {
  const steps: Step[] = [
    securePage,
    onIssuerHost(ports.gateway.addresses),

    async function readQuery(ctx, next) {
      ctx.state.params = parseParams(ctx.querystring)
      await next()
    },

    enterCode(ports),
  ]
  return steps
}

export function answerDevicePage(ports: Ports): Koa.Middleware[] {
  const { addresses } = ports.gateway
  const decision = inSequence<FormState>(decide(ports) as Step[])
  const steps: Step[] = [
    securePage,
    onIssuerHost(addresses),
    requireOwnOrigin(addresses.issuer),
    readForm,

    /** The two forms of these pages: the code, and the answer to the question. */
    async function decideIfAsked(ctx, next) {
      if (ctx.state.params.get('confirmation') === undefined) await next()
      else await decision(ctx, async () => {})
    },

    enterCode(ports),
  ]
  return steps
}
