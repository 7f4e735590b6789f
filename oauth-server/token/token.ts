/** POST /token: the token endpoint (RFC 6749 section 3.2). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { GrantType } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import { inSequence } from '../steps/in-sequence.ts'
import { readForm } from '../steps/read-form.ts'
import { exchangeCode } from './exchange-code.ts'
import { refresh } from './refresh.ts'

export function token(ports: Ports): Koa.Middleware[] {
  const steps: Koa.Middleware<ClientState>[] = [
    noStore,
    readForm,
    authenticateClient(ports),
    byGrantType({ authorization_code: exchangeCode(ports), refresh_token: refresh(ports) }),
  ]
  return steps
}

function byGrantType(
  grants: Readonly<Record<GrantType, Koa.Middleware<ClientState>[]>>,
): Koa.Middleware<ClientState> {
  const composed = new Map(Object.entries(grants).map(([type, steps]) => [type, inSequence(steps)]))
  return async function byGrantType(ctx, next) {
    const type = ctx.state.params.get('grant_type')
    if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
    const steps = composed.get(type)
    if (steps === undefined) {
      throw new OAuthError('unsupported_grant_type', 'this grant_type is not supported')
    }
    await steps(ctx, next)
  }
}
