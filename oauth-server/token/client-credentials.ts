/**
 * The client credentials grant (RFC 6749 section 4.4): a machine acts for itself.
 *
 * Nobody is asked, so that only clients of the operator's may, and only as far as `gateway.yaml` says.
 */

import type Koa from 'koa'
import type { ConfiguredClient } from '../../lib/catalogue/configured-client.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { parseScope } from '../../lib/oauth/scope.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Params } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import type { Resources } from '../resources.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import type { Grant } from '../store/grants.ts'
import { mintAccessToken, toTokenBody } from './mint.ts'

/** In the order in which the steps below bring them about. */
interface MachineState extends ClientState {
  machine: ConfiguredClient
  service: string
  scopes: readonly string[]
}

type Step = Koa.Middleware<MachineState>

/** Its tokens are minted right after the grant was made, prolonged, or found to live long enough. */
const MINTED_WITHIN_SECONDS = 30
/** In steps, so that most requests write nothing: waiting for the disk takes longer than all the rest. */
const PROLONGED_BY_SECONDS = 60

export function actForItself(ports: Ports): Koa.Middleware[] {
  const { gateway, live, resources, clock } = ports
  const steps: Step[] = [
    function checkClient(ctx, next) {
      const { client } = ctx.state
      const machine = client.kind === 'configured' ? gateway.clients.get(client.id) : undefined
      // Without credentials anybody would be this client.
      if (
        machine === undefined ||
        client.authMethod === 'none' ||
        !client.grantTypes.includes('client_credentials')
      ) {
        throw new OAuthError(
          'unauthorized_client',
          'client_credentials is for clients that the operator lists with it in gateway.yaml',
        )
      }
      ctx.state.machine = machine
      return next()
    },

    function chooseService(ctx, next) {
      const { params, machine } = ctx.state
      const served = machine.services.filter((name) => live.current.services.has(name))
      ctx.state.service = toService(params.get('resource'), served, resources)
      return next()
    },

    function narrowScope(ctx, next) {
      const { params, machine, service } = ctx.state
      ctx.state.scopes = ports.scopes.grant(service, narrow(params, machine))
      return next()
    },

    async function mintToken(ctx) {
      const { machine, service, scopes } = ctx.state
      const grant = await openGrant(ports, ctx.state)
      const answer = await mintAccessToken(ports, grant, scopes)
      ctx.state.log.info({ client_id: machine.id, service }, 'client acts for itself')
      ctx.body = toTokenBody(answer, clock)
    },
  ]
  return steps
}

/** @throws OAuthError `invalid_target`. */
function toService(
  resource: string | undefined,
  services: readonly string[],
  resources: Resources,
): string {
  const meaning = resources.resolve(resource)
  // Nothing named: the one it may use, if there is one.
  const unnamed = meaning.kind === 'default' || resource === undefined
  if (unnamed && services.length === 1 && services[0] !== undefined) return services[0]
  if (meaning.kind === 'service' && services.includes(meaning.service)) return meaning.service
  const allowed = services.map((service) => resources.resourceOf(service)).join(', ')
  throw new OAuthError('invalid_target', `resource must be one of: ${allowed}`)
}

/** Absent means everything that the operator wrote down; what is more than that is left out. */
function narrow(params: Params, { scopes }: ConfiguredClient): readonly string[] {
  const asked = parseScope(params.get('scope'))
  return asked.length === 0 ? scopes : scopes.filter((scope) => asked.includes(scope))
}

async function openGrant(
  { families, config, resources, clock }: Ports,
  state: MachineState,
): Promise<Grant> {
  const { machine, service, scopes } = state
  const now = toSeconds(clock())
  const needed = now + config.ACCESS_TOKEN_LIFETIME + MINTED_WITHIN_SECONDS
  const expiresAt = Math.ceil(needed / PROLONGED_BY_SECONDS) * PROLONGED_BY_SECONDS
  return await families.grants.own(
    {
      // `client:` is no provider's name, so that this is never a person.
      userId: `client:${machine.id}`,
      userName: machine.name ?? machine.id,
      clientId: machine.id,
      resource: resources.resourceOf(service),
      scopes,
      authenticatedAt: now,
    },
    { expiresAt, ttlSeconds: expiresAt - now },
  )
}
