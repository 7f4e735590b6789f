/** POST /device_authorization: a device without a browser begins (RFC 8628 sections 3.1 and 3.2). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { parseKnownScopes, parseResource } from '../authorize/request.ts'
import { DEVICE_CODE_GRANT } from '../clients/client.ts'
import { clientAddress } from '../http/client-address.ts'
import type { Ports } from '../ports.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import { limitByAddress, takeOrRefuse } from '../steps/limit-rate.ts'
import { readForm } from '../steps/read-form.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import { DEVICE_SECONDS, type DeviceRequest, POLL_INTERVAL_SECONDS } from '../store/devices.ts'
import type { Limit } from '../store/limits.ts'
import { identifyClient } from './identify-client.ts'
import { formatUserCode } from './user-code.ts'

/** In the order in which the steps below bring them about. */
interface DeviceAuthorizationState extends ClientState {
  request: DeviceRequest
}

type Step = Koa.Middleware<DeviceAuthorizationState>

/** A class room starts at once, from one address. */
const BY_ADDRESS: Limit = { name: 'device-authorizations-address', burst: 60, perMinute: 30 }
/** One client_id may be built into every copy of a program. */
const BY_CLIENT: Limit = { name: 'device-authorizations-client', burst: 600, perMinute: 300 }

export function authorizeDevice(ports: Ports): Koa.Middleware[] {
  const { families, gateway, scopes, resources, clock } = ports
  const verificationUri = `${gateway.addresses.issuer}/device`
  const steps: Step[] = [
    noStore,
    limitByAddress(families.limits, BY_ADDRESS),
    readForm,
    identifyClient(ports),
    requireGrantType(DEVICE_CODE_GRANT),

    async function limitByClient(ctx, next) {
      await takeOrRefuse(families.limits, BY_CLIENT, ctx.state.client.id)
      await next()
    },

    async function parseRequest(ctx, next) {
      const { params, client } = ctx.state
      ctx.state.request = {
        clientId: client.id,
        service: parseResource(params.get('resource'), resources),
        requestedScopes: parseKnownScopes(params.get('scope'), scopes),
        address: clientAddress(ctx),
        requestedAt: toSeconds(clock()),
      }
      await next()
    },

    async function sendCodes(ctx) {
      const codes = await families.devices.open(ctx.state.request)
      if (codes === undefined) {
        throw new OAuthError('temporarily_unavailable', 'too many devices wait: try again later', {
          retryAfterSeconds: 60,
        })
      }
      const { clientId, service } = ctx.state.request
      ctx.state.log.info({ client_id: clientId, service }, 'device authorization began')
      const userCode = formatUserCode(codes.userCode)
      ctx.body = {
        device_code: codes.deviceCode,
        user_code: userCode,
        verification_uri: verificationUri,
        verification_uri_complete: `${verificationUri}?user_code=${userCode}`,
        expires_in: DEVICE_SECONDS,
        interval: POLL_INTERVAL_SECONDS,
      }
    },
  ]
  return steps
}
