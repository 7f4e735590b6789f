/** POST /token: the token endpoint (RFC 6749 section 3.2). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { DEVICE_CODE_GRANT, type GrantType } from '../clients/client.ts'
import type { Params } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { recordOutcome } from '../records/record-outcome.ts'
import type { Deed } from '../records/records.ts'
import { serviceOf } from '../resources.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import { inSequence } from '../steps/in-sequence.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import type { Grant } from '../store/grants.ts'
import { actForItself } from './client-credentials.ts'
import { exchangeDeviceCode } from './device-code.ts'
import { exchangeCode, lookUpCode } from './exchange-code.ts'
import { lookUpRefreshToken, refresh } from './refresh.ts'

export function token(ports: Ports): Koa.Middleware[] {
  const steps: Koa.Middleware<ClientState>[] = [
    noStore,
    readForm,
    recordOutcome<Partial<TokenState> & FormState>(ports, (state) => describeRequest(ports, state)),
    beginLookUp({
      authorization_code: lookUpCode(ports),
      refresh_token: lookUpRefreshToken(ports),
    }),
    authenticateClient(ports),
    byGrantType({
      authorization_code: exchangeCode(ports),
      refresh_token: refresh(ports),
      [DEVICE_CODE_GRANT]: exchangeDeviceCode(ports),
      client_credentials: actForItself(ports),
    }),
  ]
  return steps
}

/** What the grant types find out on their way. */
interface TokenState extends ClientState {
  readonly grant: Grant
  /** Of a client that acts for itself. */
  readonly service: string
}

function describeRequest(
  { resources }: Ports,
  { params, client, grant, service }: Partial<TokenState>,
): Omit<Deed, 'outcome'> {
  const asked = params?.get('grant_type') ?? ''
  const acting = client !== undefined && service !== undefined ? `client:${client.id}` : undefined
  return {
    action: `token/${GRANT_NAMES.get(asked) ?? 'unknown'}`,
    user: grant?.userId ?? acting,
    client_id: client?.id,
    service: service ?? (grant && serviceOf(resources, grant.resource)),
    target: grant?.id,
  }
}

/** As the audit log has them. */
const GRANT_NAMES = new Map<string, string>([
  ['authorization_code', 'authorization_code'],
  ['refresh_token', 'refresh_token'],
  [DEVICE_CODE_GRANT, 'device_code'],
  ['client_credentials', 'client_credentials'],
])

/** What a grant type finds in the store; undefined when nothing of the request can be looked for. */
type LookUp = (params: Params) => Promise<unknown> | undefined

/**
 * Begins before the client is known, so that both are looked up in one round trip. Whoever is not let
 * in learns nothing of it.
 */
function beginLookUp(lookUps: Readonly<Partial<Record<GrantType, LookUp>>>): Koa.Middleware {
  const byType = new Map(Object.entries(lookUps))
  return function beginLookUp(ctx: Koa.ParameterizedContext<LookUpState>, next) {
    const { params } = ctx.state
    const lookUp = byType.get(params.get('grant_type') ?? '')?.(params)
    // Nobody may be left to hear that it failed.
    lookUp?.catch(() => {})
    ctx.state.lookUp = lookUp
    return next()
  }
}

interface LookUpState extends FormState {
  lookUp: Promise<unknown> | undefined
}

function byGrantType(
  grants: Readonly<Partial<Record<GrantType, Koa.Middleware<ClientState>[]>>>,
): Koa.Middleware<ClientState> {
  const composed = new Map(Object.entries(grants).map(([type, steps]) => [type, inSequence(steps)]))
  return function byGrantType(ctx, next) {
    const type = ctx.state.params.get('grant_type')
    if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
    const steps = composed.get(type)
    if (steps === undefined) {
      throw new OAuthError('unsupported_grant_type', 'this grant_type is not supported')
    }
    return steps(ctx, next)
  }
}
